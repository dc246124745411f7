"""What a rollout takes, said before it begins."""

from typing import Literal

import pytest

from rf.rollout.core import (
    Counts,
    DesignEffect,
    GateArgs,
    PaceArgs,
    design_effect,
    estimate,
    feature_plan,
    requests_to_detect,
    version_plan,
)
from tests.unit.rollout_evidence import BOUNDS

ALONE = GateArgs(design_effect=1)
PLAN = version_plan("triton", PaceArgs())


def test_p99_takes_the_most_requests_and_decides_how_long_a_step_is() -> None:
    found = estimate(ALONE, PLAN, requests_per_second=10, bounds_ms=BOUNDS)

    first = found.stages[0]
    assert first.least_requests == 373
    assert first.least_seconds == pytest.approx(10 + 373)
    assert 600 < first.expected_requests < 650
    assert found.problems == ()


def test_more_traffic_is_quicker_down_to_the_time_each_stage_holds() -> None:
    slow, quick = (
        estimate(ALONE, PLAN, requests_per_second=rate, bounds_ms=BOUNDS) for rate in (1, 1_000_000)
    )

    assert slow.expected_seconds > 5 * quick.expected_seconds
    assert quick.least_seconds == pytest.approx(3 * 60 + 600 + 60)


def test_requests_that_fail_together_take_as_many_times_more() -> None:
    alone, grouped = (
        estimate(GateArgs(design_effect=effect), PLAN, requests_per_second=10, bounds_ms=BOUNDS)
        for effect in (1, 3)
    )

    assert grouped.stages[0].expected_requests == pytest.approx(
        3 * alone.stages[0].expected_requests, rel=0.01
    )


def minute(failed: int, slow: int) -> Counts:
    """Of 6,000 requests."""
    within = (6000 - slow,) * (len(BOUNDS) - 1)
    return Counts(requests=6000, errors=failed, durations=(*within, 6000, 6000))


@pytest.mark.parametrize("latency", ["absolute", "relative", "both"])
def test_what_the_history_shows_of_each_outcome_counts_as_it_does_for_the_judge(
    latency: Literal["absolute", "relative", "both"],
) -> None:
    """Failures come 40 at a time; nothing is slow, so the setting counts for latency."""
    history = tuple(minute(40 if number % 3 == 0 else 0, slow=0) for number in range(360))
    args = GateArgs(latency=latency, design_effect=2)

    measured, otherwise = (
        estimate(args, PLAN, requests_per_second=10, bounds_ms=BOUNDS, history=past)
        for past in (history, ())
    )

    judged = design_effect([(each.failed, each.requests) for each in history], 2)
    assert judged.measured
    assert judged.value > 20
    assert measured.effects["errors"] == judged
    assert otherwise.effects["errors"] == DesignEffect(value=2, measured=False)
    slow = [effect for events, effect in measured.effects.items() if events != "errors"]
    assert slow
    assert set(slow) == {DesignEffect(value=2, measured=False)}
    assert measured.expected_seconds > 2 * otherwise.expected_seconds


def test_a_gate_that_cannot_fire_is_named() -> None:
    found = estimate(ALONE, PLAN, requests_per_second=10, bounds_ms=(100, 1000, 5000))

    assert found.problems == (
        "the duration histogram has no bound at 10000 ms, so the gate there cannot fire",
    )


def test_too_little_traffic_for_a_verdict_is_said_beforehand() -> None:
    found = estimate(ALONE, PLAN, requests_per_second=0.001, bounds_ms=BOUNDS)

    assert "at 10 % a verdict takes about" in found.problems[0]
    assert "more than max_hold (240 min): the rollout would pause" in found.problems[0]
    assert len(set(found.problems)) == len(found.problems), "stages of one weight say it once"


def test_no_traffic_at_all_is_said_once() -> None:
    found = estimate(ALONE, PLAN, requests_per_second=0, bounds_ms=BOUNDS)

    assert found.problems == ("without requests there is no verdict: the rollout would pause",)


def test_relative_latency_has_an_estimate_too() -> None:
    args = GateArgs(latency="relative")

    found = estimate(args, PLAN, requests_per_second=10, bounds_ms=BOUNDS)

    assert found.stages[0].expected_requests > found.stages[0].least_requests
    assert found.problems == ()


def test_nothing_to_do_takes_no_time() -> None:
    nothing = feature_plan("ai_inference", PaceArgs(), current=50, target=50)

    assert estimate(GateArgs(), nothing, requests_per_second=1, bounds_ms=BOUNDS).stages == ()


def test_the_worse_a_version_is_the_sooner_it_is_found() -> None:
    waits = [requests_to_detect(GateArgs(), rate) for rate in (0.05, 0.1, 0.3)]

    assert waits == sorted(waits, reverse=True)
    assert waits[-1] <= 12


def test_a_rate_that_is_healthy_is_never_found() -> None:
    with pytest.raises(ValueError, match="within what the gate lets pass"):
        requests_to_detect(GateArgs(), 0.01)
