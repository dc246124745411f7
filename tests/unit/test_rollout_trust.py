"""Evidence that cannot be trusted is an error: it neither ships nor rolls back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rf.rollout.core import Counts, Evidence, GateArgs, Poll, Step, Verdict, judge
from tests.unit.rollout_evidence import (
    NONE,
    at_ten,
    counts,
    evidence,
    poll,
    replace,
    step,
)

GOOD = at_ten(counts(1000, errors=5))
UNTIMED = Counts(requests=1000, durations=(500, 500, 500, 500, 500, 500))


def verdict(found: Evidence, gate: str) -> Verdict:
    """What the gate called ``gate`` says."""
    return next(g.verdict for g in judge(GateArgs(), found).gates if g.gate == gate)


def test_good_evidence_passes() -> None:
    assert judge(GateArgs(), GOOD).verdict is Verdict.PASS


def test_a_fault_of_reading_is_an_error_with_its_words() -> None:
    found = judge(GateArgs(), replace(GOOD, faults=("requests: 2 series instead of one",)))

    assert found.verdict is Verdict.ERROR
    assert found.reasons == ("requests: 2 series instead of one",)
    assert found.cause == "blind"


def test_a_missing_bucket_bound_is_an_error_that_names_it() -> None:
    found = judge(GateArgs(p95_ms=4000), GOOD)

    assert found.verdict is Verdict.ERROR
    assert "no bound at 4000 ms" in found.reasons[0]


def test_answers_without_durations_are_an_error() -> None:
    later = Step(weight=10, polls=(poll(0, NONE), poll(20, UNTIMED), poll(23, UNTIMED)))

    assert verdict(evidence(later), "metrics") is Verdict.ERROR


def test_durations_may_come_a_moment_after_their_requests() -> None:
    """A gateway brings its histograms up to date once a second, and its counters at once."""
    assert verdict(at_ten(UNTIMED), "metrics") is Verdict.PASS


@pytest.mark.parametrize(
    "found",
    [
        evidence(),
        evidence(Step(weight=10, polls=())),
        evidence(Step(weight=10, polls=(poll(0, NONE), poll(2, Counts(durations=(1, 2)))))),
    ],
    ids=["no step", "no poll", "other buckets"],
)
def test_what_cannot_be_read_at_all_is_an_error(found: Evidence) -> None:
    assert judge(GateArgs(), found).verdict is Verdict.ERROR


def test_no_traffic_is_no_verdict() -> None:
    """Flagger rolls an idle service back; Argo calls a run without a measurement a success."""
    idle = at_ten(NONE, NONE)

    assert judge(GateArgs(), idle).verdict is Verdict.INCONCLUSIVE


def test_a_weight_that_did_not_take_effect_is_an_error_and_not_the_candidates_fault() -> None:
    found = at_ten(counts(500, errors=5), counts(500, errors=5))

    assert verdict(found, "share") is Verdict.ERROR
    assert judge(GateArgs(), found).verdict is Verdict.ERROR


def test_a_share_as_far_off_as_chance_allows_is_fine() -> None:
    """Gateway API's own conformance test allows 5 points either way of 10 %."""
    assert verdict(at_ten(counts(60), counts(440)), "share") is Verdict.PASS


def test_a_candidate_without_any_request_of_many_is_an_error() -> None:
    assert verdict(at_ten(NONE, counts(2000)), "share") is Verdict.ERROR


def test_traffic_that_stops_after_the_step_began_well_is_an_error() -> None:
    begun = (poll(0, NONE), poll(20, NONE), poll(60, counts(1000), counts(9000)))
    quiet = tuple(poll(60 + 10 * i, counts(1000), counts(9000 + 100 * i)) for i in range(1, 12))

    found = evidence(Step(weight=10, polls=(*begun, *quiet)))

    assert verdict(found, "share") is Verdict.ERROR
    assert "none of the last 1100 requests" in judge(GateArgs(), found).reasons[0]


def test_at_a_hundred_per_cent_nobody_else_may_have_requests() -> None:
    assert verdict(evidence(step(100, counts(1000))), "share") is Verdict.PASS
    assert verdict(evidence(step(100, counts(1000), counts(1))), "share") is Verdict.PASS
    assert verdict(evidence(step(100, counts(1000), counts(100))), "share") is Verdict.ERROR


def test_a_restart_of_a_gateway_is_accounted_for_and_shown() -> None:
    polls = (
        poll(0, counts(9000), counts(90_000)),
        poll(20, counts(9000), counts(90_000)),
        poll(22, counts(500, 5), counts(4500, 45)),
        poll(24, counts(1000, 9), counts(9000, 90)),
    )

    found = judge(GateArgs(), evidence(Step(weight=10, polls=polls)))

    metrics = next(gate for gate in found.gates if gate.gate == "metrics")
    assert metrics.counts == {"requests": 1000, "resets": 1}
    assert found.verdict is Verdict.PASS


@settings(deadline=None)
@given(
    requests=st.integers(0, 3000),
    errors=st.integers(0, 3000),
    polls=st.lists(st.integers(0, 60), min_size=1, max_size=4),
)
def test_too_little_evidence_never_ships(requests: int, errors: int, polls: list[int]) -> None:
    """Below what a pass takes without any failure, nothing passes, however it is cut."""
    requests = min(requests, 372)
    total = counts(requests, errors=min(errors, requests))
    cut: tuple[Poll, ...] = tuple(poll(20.0 + at, NONE) for at in sorted(polls))

    found = evidence(Step(weight=10, polls=(poll(0, NONE), *cut, poll(90, total, NONE))))

    assert judge(GateArgs(), found).verdict is not Verdict.PASS
