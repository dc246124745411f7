"""Remembering earlier polls changes no verdict, and keeps each one cheap."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.judge import seconds
from rf.rollout.core import (
    Bundle,
    Counts,
    GateArgs,
    Memory,
    Pod,
    Poll,
    Step,
    judge,
    read_bundle,
    replay,
)
from tests.unit.rollout_evidence import BOUNDS, at_ten, counts, replace
from tests.unit.rollout_streams import stream

BEFORE = {
    0: "f37a446b7a470a105f525e76e7aa9043dc981309b03a60beb2a9f89cfdd6f944",
    1: "9520e78aae2f6fcee7480a9a6c984f1f5be47183eb3393832dcad3db1b1cfda2",
    2: "c54671a661cf8974a994639323e40e6753a6f94f5ea46ef51ec2dced2556998c",
    3: "625be0485d6d55c85fcb1aa063b16daf1dd31e241797489bc4fae77658ba3ec4",
    4: "5b9d1fc258668a4246509457830df53cc2c94e9093f6c47a7f43857ae3a894f9",
    5: "f7ebe2b747d9e425abd53cd715733441b4c549bee7a0662d8387b87958ba3b49",
    6: "f721e8614111580984083a719cefd557a0215e6593af78acbd3057a1e426f885",
    7: "7ba90fee79a3a70c45109b54ccbbea173a1d51ab735850b6f88a1918cf68a1f4",
    8: "2f4319db4b05845979e7134bfb12b0b0f0e2ef94ae4a9f1c37daedb9dd49c1e8",
    9: "7a16059b142fdf6708d2b113e9c6d88ca0192010701e7c9ea1fb7fe64e166c63",
    10: "13ddfaed43bcac3157b8d38f39fa51f53f137e809e6d9a9b9df26aa25593652d",
    11: "3eb42adda4457f05ea6c2ef3438ba5837d3ad1cd6bb5d2b3679594250e46a181",
}
"""SHA-256 of all verdicts of a stream, as they were when every poll was read at every verdict."""


@pytest.mark.parametrize("seed", BEFORE)
def test_verdicts_are_those_of_reading_every_poll_each_time(seed: int) -> None:
    memory = Memory()
    every = "".join(judge(args, given, memory).sha256 for args, given in stream(seed))

    assert hashlib.sha256(every.encode()).hexdigest() == BEFORE[seed]


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 2**32), stride=st.integers(1, 9))
def test_whatever_was_remembered_the_verdict_is_that_of_its_record(seed: int, stride: int) -> None:
    memory = Memory()

    for number, (args, given_) in enumerate(stream(seed)):
        found = judge(args, given_, memory)
        if number % stride == 0:
            bundle = read_bundle(Bundle(args=args, evidence=given_).json)
            assert replay(bundle).sha256 == found.sha256


def test_a_memory_of_other_evidence_is_not_used() -> None:
    memory = Memory()
    (_, *_, (args, one)) = stream(3)
    (_, *_, (_, other)) = stream(4)
    judge(args, one, memory)

    assert judge(args, other, memory) == judge(args, other)
    assert judge(replace(args, settle=30), other, memory) == judge(replace(args, settle=30), other)
    assert judge(args, one, memory) == judge(args, one)


def test_after_evidence_that_could_not_be_read_the_rest_is_judged_as_ever() -> None:
    memory = Memory()
    good = at_ten(counts(1000, errors=5))
    (step,) = good.steps
    torn = Poll(at=99, pods={"gateway-0": Pod(candidate=Counts(requests=2000, durations=(1, 2)))})
    judge(GateArgs(), good, memory)

    bad = judge(
        GateArgs(), replace(good, steps=(Step(weight=10, polls=(*step.polls, torn)),)), memory
    )

    assert f"{len(BOUNDS) + 1} duration buckets became 2" in bad.reasons[0]
    assert judge(GateArgs(), good, memory) == judge(GateArgs(), good)


def test_a_verdict_after_an_hour_of_polls_costs_a_tenth_of_reading_them_all() -> None:
    remembered, anew = seconds(3600)

    assert remembered < anew / 10
