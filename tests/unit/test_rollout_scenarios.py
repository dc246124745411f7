"""Cases in which other controllers are known to go wrong, and walks through any verdicts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rf.rollout.core import (
    Cause,
    Counts,
    Enter,
    GateArgs,
    Hold,
    Judgement,
    PaceArgs,
    Pause,
    Phase,
    Rollback,
    Step,
    Verdict,
    after,
    begin,
    decide,
    judge,
    version_plan,
)
from tests.unit.rollout_evidence import counts, evidence, poll


def in_windows(*added: Counts, share: int = 9) -> Step:
    """A step of windows of ten seconds, with ``share`` times as many requests on the control."""
    polls = [poll(0, counts(0), counts(0))]
    candidate, control = counts(0), counts(0)
    for index, window in enumerate(added, start=1):
        candidate += window
        control += counts(share * window.requests, errors=share * window.requests // 100)
        polls.append(poll(10.0 * index, candidate, control))
    return Step(weight=10, polls=tuple(polls))


def test_a_canary_that_fails_two_checks_of_five_is_found() -> None:
    """A limit on failed checks promotes it three times out of four: good checks go on."""
    good, bad = counts(60), counts(60, errors=9)

    step = in_windows(*[good, bad, good, good, bad] * 2)

    assert judge(GateArgs(), evidence(step)).verdict is Verdict.FAIL


def test_seven_windows_of_ten_at_a_hundred_times_the_latency_are_found() -> None:
    """A rank test over ten points passes them."""
    slow, quick = counts(10, over_5s=10, over_10s=10), counts(10)

    step = in_windows(*[slow] * 7, *[quick] * 3)

    assert judge(GateArgs(), evidence(step)).verdict is Verdict.FAIL


def test_a_fault_that_begins_late_in_a_long_step_is_found() -> None:
    step = in_windows(*[counts(60)] * 5, *[counts(60, errors=20)] * 3)

    assert judge(GateArgs(), evidence(step)).verdict is Verdict.FAIL


def test_failures_in_both_arms_at_different_times_are_each_seen_for_what_they_are() -> None:
    """The control had its outage before the candidate broke: this one is the candidate's own."""
    polls = (
        poll(0, counts(0), counts(0)),
        poll(40, counts(100), counts(900, errors=200)),
        poll(80, counts(200, errors=40), counts(1800, errors=200)),
    )

    found = judge(GateArgs(), evidence(Step(weight=10, polls=polls)))

    assert (found.verdict, found.cause) == (Verdict.FAIL, Cause.CANARY_FAULT)


def test_a_shared_outage_is_one_with_a_request_a_second_as_well() -> None:
    """Read every second, most windows hold no request, or one that failed."""
    polls = [poll(0, counts(0), counts(0))]
    for second in range(1, 400):
        mine, others = second // 10, second - second // 10
        polls.append(
            poll(second, counts(mine, errors=mine // 2), counts(others, errors=others // 2))
        )

    found = judge(GateArgs(), evidence(Step(weight=10, polls=tuple(polls))))

    assert (found.verdict, found.cause) == (Verdict.FAIL, Cause.SHARED_DEPENDENCY)


@pytest.mark.parametrize("steps", [(-10, 50, 100), (10, 125), (10.5, 100)])
def test_weights_are_whole_per_cent(steps: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="steps"):
        PaceArgs(steps=steps)


@given(
    turns=st.lists(
        st.tuples(st.sampled_from(Verdict), st.floats(0, 2000), st.booleans()), max_size=60
    )
)
def test_no_walk_ships_without_a_pass_or_rolls_back_without_a_failure(
    turns: list[tuple[Verdict, float, bool]],
) -> None:
    state, now = begin(version_plan("faiss", PaceArgs()), 0.0), 0.0
    state = after(state, decide(state, None, now), now)

    for verdict, wait, warm in turns:
        now += wait
        judgement = Judgement(service="faiss", weight=10, verdict=verdict, cause=None, gates=())
        running = state.phase is Phase.RUNNING
        action = decide(state, judgement, now, warm=warm)

        if isinstance(action, Enter):
            assert verdict is Verdict.PASS
            assert action.stage == state.stage + 1
        if isinstance(action, Rollback):
            assert verdict is Verdict.FAIL
            assert action.weight == 0
        if verdict is Verdict.FAIL and running and state.weight:
            assert isinstance(action, Rollback)
        if verdict in (Verdict.INCONCLUSIVE, Verdict.ERROR) and running and state.weight:
            assert isinstance(action, Hold | Pause)
        state = after(state, action, now)
