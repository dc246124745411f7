"""What a person sees of a running rollout."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from rf.rollout.core import (
    GateArgs,
    Hold,
    Judgement,
    PaceArgs,
    Rollback,
    State,
    begin,
    decide,
    judge,
    version_plan,
)
from rf.rollout.core.machine import Enter
from rf.rollout.table import Watching, duration
from tests.unit.rollout_evidence import at_ten, counts

NOW = 1_800_000_000.0
PLAN = version_plan("triton", PaceArgs(steps=(10, 100), min_hold=60, bake=600))
BEFORE = begin(PLAN, NOW)
AT_TEN = replace(BEFORE, stage=0, since=NOW - 20)
HEALTHY = judge(GateArgs(), at_ten(counts(300, errors=2)))
BROKEN = judge(GateArgs(), at_ten(counts(1300, errors=200)))


def on_terminal(state: State, judgement: Judgement | None) -> str:
    """The last picture, 100 columns wide, and what stays when it has gone."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=100, color_system=None)
    with Watching(console, print, now=lambda: NOW) as watching:
        watching(state, judgement, decide(state, judgement, NOW))
        return file.getvalue()


def elsewhere(*seen: tuple[State, Judgement | None]) -> list[str]:
    """One line a change."""
    lines: list[str] = []
    with Watching(Console(file=io.StringIO()), lines.append, now=lambda: NOW) as watching:
        for state, judgement in seen:
            watching(state, judgement, decide(state, judgement, NOW))
    return lines


def test_a_terminal_shows_the_stage_the_counts_every_gate_and_the_time_left() -> None:
    said = on_terminal(AT_TEN, HEALTHY)

    assert "triton: stage 1 of 6, shift 10 %; " in said
    assert "left at least" in said
    assert "weight asked 10 %, seen 10.0 %, 300 requests, 2 errors" in said
    for gate in HEALTHY.gates:
        assert gate.gate in said
    assert said.count("no verdict") == 1


def test_before_the_first_stage_there_is_no_empty_table() -> None:
    said = on_terminal(BEFORE, None)

    assert "the new version comes up, then stage 1 begins: shift 10 %" in said
    assert "verdict" not in said


def test_a_terminal_says_why_a_version_goes_back() -> None:
    assert "goes back to 0 %: errors 200 of 1300 = 15.4 %" in on_terminal(AT_TEN, BROKEN)


def test_without_a_terminal_each_change_is_one_line() -> None:
    said = elsewhere((BEFORE, None), (AT_TEN, HEALTHY), (AT_TEN, HEALTHY), (AT_TEN, BROKEN))

    assert [line.partition(" (")[0] for line in said] == [
        "triton: the new version comes up, then stage 1 begins: shift 10 %",
        "triton: shift 10 %: inconclusive",
        "triton: shift 10 %: fail",
    ]
    assert all("\n" not in line for line in said)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59.6, "1:00 min"), (90, "1:30 min"), (7260, "2:01 h")]
)
def test_durations_read_as_people_write_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_states_of_these_tests_are_those_of_a_rollout() -> None:
    assert isinstance(decide(BEFORE, None, NOW), Enter)
    assert isinstance(decide(AT_TEN, HEALTHY, NOW), Hold)
    assert isinstance(decide(AT_TEN, BROKEN, NOW), Rollback)
