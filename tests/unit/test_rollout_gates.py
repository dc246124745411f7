"""What each gate says of which evidence."""

import pytest

from rf.rollout.core import (
    Cause,
    Counts,
    Evidence,
    GateArgs,
    GateResult,
    Health,
    Model,
    Step,
    Verdict,
    judge,
)
from tests.unit.rollout_evidence import (
    NONE,
    UP,
    at_ten,
    counts,
    evidence,
    poll,
    replace,
    step,
)

GIB = 2**30


def gate(name: str, found: Evidence, args: GateArgs | None = None) -> GateResult:
    """What the gate called ``name`` says."""
    (result,) = [gate for gate in judge(args or GateArgs(), found).gates if gate.gate == name]
    return result


def test_five_failures_of_fifteen_requests_are_enough_to_fail() -> None:
    result = gate("error_rate", at_ten(counts(15, errors=5)))

    assert result.verdict is Verdict.FAIL
    assert result.cause is Cause.CANARY_FAULT
    assert result.reason.startswith("errors 5 of 15 = 33.3 %, limit 5 %")


def test_one_failure_of_ten_requests_is_no_verdict() -> None:
    """10 % are seen, and a healthy version shows as much one time in ten."""
    result = gate("error_rate", at_ten(counts(10, errors=1)))

    assert result.verdict is Verdict.INCONCLUSIVE
    assert "more requests without one would pass" in result.reason


def test_a_pass_needs_requests_and_not_only_their_absence_of_failures() -> None:
    assert gate("error_rate", at_ten(counts(72))).verdict is Verdict.INCONCLUSIVE
    assert gate("error_rate", at_ten(counts(90))).verdict is Verdict.PASS


def test_a_failover_is_a_failure_of_the_version_that_did_not_answer() -> None:
    answered_by_the_other = replace(counts(15), failovers=5)

    assert gate("error_rate", at_ten(answered_by_the_other)).verdict is Verdict.FAIL


def test_latency_is_judged_by_counting_slow_requests() -> None:
    slow = at_ten(counts(100, over_5s=20))

    assert gate("p95", slow).verdict is Verdict.FAIL
    assert "requests slower than 5000 ms 20 of 100 = 20 %" in gate("p95", slow).reason
    assert gate("p99", slow).verdict is Verdict.INCONCLUSIVE
    assert gate("p99", at_ten(counts(100, over_5s=20, over_10s=10))).verdict is Verdict.FAIL


def test_requests_beyond_every_bound_are_slow_and_not_lost() -> None:
    """An interpolated quantile would say "at most the highest bound"."""
    beyond = Counts(requests=40, durations=(0, 0, 0, 0, 0, 40))

    assert gate("p99", at_ten(beyond)).verdict is Verdict.FAIL


def test_requests_without_a_duration_do_not_count_as_fast() -> None:
    refused = replace(NONE, requests=500, errors=500)

    assert gate("p95", at_ten(refused)).verdict is Verdict.INCONCLUSIVE


def test_a_shared_outage_is_named_and_not_blamed_on_the_candidate() -> None:
    outage = judge(GateArgs(), at_ten(counts(100, errors=30), counts(900, errors=270)))

    assert outage.verdict is Verdict.FAIL
    assert outage.cause is Cause.SHARED_DEPENDENCY
    assert "the control fails as well (270 of 900 = 30 %)" in outage.reasons[0]


def test_a_bad_candidate_beside_a_poor_control_is_still_blamed() -> None:
    found = judge(GateArgs(), at_ten(counts(100, errors=50), counts(900, errors=90)))

    assert found.cause is Cause.CANARY_FAULT


def test_a_candidate_worse_than_an_almost_perfect_control_fails_below_the_limit() -> None:
    """4 % is within the limit of 5 %; the control has 0.1 %."""
    found = at_ten(counts(1000, errors=40), counts(9000, errors=9))

    assert gate("errors_vs_control", found).verdict is Verdict.FAIL


def test_arms_that_fail_alike_are_no_different() -> None:
    found = at_ten(counts(1000, errors=10), counts(9000, errors=90))

    assert gate("errors_vs_control", found).verdict is Verdict.PASS


def test_failures_of_an_earlier_step_are_not_forgotten() -> None:
    first = step(10, counts(60, errors=4), counts(540, errors=5))
    again = step(50, counts(60, errors=4), counts(60, errors=1), at=100)

    assert gate("error_rate", evidence(first)).verdict is Verdict.INCONCLUSIVE
    assert gate("error_rate", evidence(step(50, counts(60, errors=4)))).verdict is not Verdict.FAIL
    assert gate("error_rate", evidence(first, again)).verdict is Verdict.FAIL


def test_a_fault_that_shows_late_is_not_outvoted_by_a_clean_step_before() -> None:
    clean = step(10, counts(5000), counts(45_000, errors=450))
    broken = step(50, counts(30, errors=10), counts(30), at=1000)

    result = gate("error_rate", evidence(clean, broken))

    assert result.verdict is Verdict.FAIL
    assert result.counts["since_step"] == 2


def test_passing_a_step_takes_requests_of_that_step() -> None:
    plenty = step(10, counts(5000), counts(45_000, errors=450))
    begun = step(50, counts(20), counts(20), at=1000)

    assert gate("error_rate", evidence(plenty, begun)).verdict is Verdict.INCONCLUSIVE


def test_requests_from_before_a_step_settled_do_not_count_for_promotion() -> None:
    early = Step(
        weight=10, polls=(poll(0, NONE), poll(5, counts(500), counts(4500)), poll(30, counts(500)))
    )

    assert gate("error_rate", evidence(early)).verdict is Verdict.INCONCLUSIVE


def test_they_do_count_against_the_candidate() -> None:
    early = Step(weight=10, polls=(poll(0, NONE), poll(2, counts(15, errors=6))))

    assert gate("error_rate", evidence(early)).verdict is Verdict.FAIL


def test_failures_that_come_in_groups_count_less() -> None:
    """The control's failures come fifteen at a time: five failures are not even one group."""
    groups = tuple(counts(600, errors=30 * (minute % 5 == 0)) for minute in range(360))
    found = replace(at_ten(counts(15, errors=5)), history=groups)

    result = gate("error_rate", found)

    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.thresholds["design_effect"] > 10


def test_models_on_the_cpu_fail_a_candidate_that_should_have_a_gpu() -> None:
    args = GateArgs(expects_gpu=True)
    on_cpu = replace(UP, models=(Model(name="llama", size=4 * GIB, size_vram=0),))
    on_gpu = replace(UP, models=(Model(name="llama", size=4 * GIB, size_vram=4 * GIB),))
    healthy = at_ten(counts(100))

    assert gate("device", replace(healthy, candidate=on_cpu), args).verdict is Verdict.FAIL
    assert gate("device", replace(healthy, candidate=on_gpu), args).verdict is Verdict.PASS
    assert gate("device", replace(healthy, candidate=UP), args).verdict is Verdict.INCONCLUSIVE
    both = replace(healthy, candidate=on_cpu, control=on_cpu)
    assert gate("device", both, args).cause is Cause.SHARED_DEPENDENCY


@pytest.mark.parametrize(
    ("health", "verdict"),
    [
        (Health(expected=2, up=2), Verdict.PASS),
        (Health(expected=2, up=1), Verdict.INCONCLUSIVE),
        (Health(expected=2, up=0, down=30), Verdict.INCONCLUSIVE),
        (Health(expected=2, up=0, down=60), Verdict.FAIL),
        (None, Verdict.ERROR),
    ],
)
def test_a_candidate_that_is_down_for_a_minute_fails(
    health: Health | None, verdict: Verdict
) -> None:
    assert gate("uptime", replace(at_ten(counts(100)), candidate=health)).verdict is verdict


def test_both_arms_down_is_shared() -> None:
    down = Health(expected=1, up=0, down=600)
    found = replace(at_ten(NONE, NONE), candidate=down, control=down)

    assert gate("uptime", found).cause is Cause.SHARED_DEPENDENCY
