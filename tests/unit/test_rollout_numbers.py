"""The promises of the rollout's statistics, measured: a short form here, the long one marked.

A short form of N runs may miss a goal that is met: it fails where so many misses would come up in
less than one of 10,000 tests if the goal were just met.
"""

import numpy as np
import pytest
from scipy import stats

from bench.rollout.__main__ import CAUGHT_GOAL, FALSE_GOAL, HORIZON, MEDIAN_GOAL, Job, run
from bench.rollout.peers import Argo, Flagger
from bench.rollout.runs import ROLLED_BACK
from bench.rollout.simulate import HEALTHY, Scenario
from bench.rollout.streams import BURSTY, INDEPENDENT, Traffic

SHORT = 1_000
LONG = 10_000
PEERS = 100
ALARM = 1e-4
TRAFFICS = pytest.mark.parametrize("traffic", [INDEPENDENT, BURSTY], ids=lambda t: t.name)
RATES = pytest.mark.parametrize("rate", [1.0, 0.1])
BAD = pytest.mark.parametrize("canary", CAUGHT_GOAL)


def most_of(runs: int, share: float) -> int:
    """So many of ``runs`` are still no sign that more than ``share`` of all are."""
    return int(stats.binom(runs, share).isf(ALARM))


def rolled_back(scenario: Scenario, runs: int) -> int:
    """How many of our runs end with a rollback."""
    result = run(Job(scenario=scenario, name="ours", runs=runs))
    return int((result.state == ROLLED_BACK).sum())


@TRAFFICS
def test_healthy_versions_are_not_rolled_back(traffic: Traffic) -> None:
    scenario = Scenario(traffic=traffic, canary_rate=0.1, canary=HEALTHY, seed=21)

    assert rolled_back(scenario, SHORT) <= most_of(SHORT, FALSE_GOAL)


@BAD
@TRAFFICS
@RATES
def test_bad_versions_are_caught(rate: float, traffic: Traffic, canary: float) -> None:
    scenario = Scenario(traffic=traffic, canary_rate=rate, canary=canary, seed=22)
    runs = SHORT if canary > min(CAUGHT_GOAL) else SHORT // 4  # the slowest to find, by far

    missed = runs - rolled_back(scenario, runs)

    assert missed <= most_of(runs, 1 - CAUGHT_GOAL[canary])


@TRAFFICS
def test_a_third_of_the_requests_failing_is_found_in_a_quarter_of_a_minute(
    traffic: Traffic,
) -> None:
    scenario = Scenario(traffic=traffic, canary_rate=1.0, canary=0.3, seed=23)

    result = run(Job(scenario=scenario, name="ours", runs=SHORT))

    later = int((np.nan_to_num(result.ended, nan=np.inf) > MEDIAN_GOAL).sum())
    assert later <= most_of(SHORT, 0.5)


@BAD
@TRAFFICS
@RATES
def test_a_fifth_as_many_requests_are_harmed_as_with_others(
    rate: float, traffic: Traffic, canary: float
) -> None:
    scenario = Scenario(traffic=traffic, canary_rate=rate, canary=canary, seed=24)

    ours, flagger, argo = (
        run(Job(scenario=scenario, name=name, runs=PEERS)).harmed.mean()
        for name in ("ours", Flagger.name, Argo.name)
    )

    assert ours <= min(flagger, argo) / 5


@pytest.mark.long
@TRAFFICS
@RATES
def test_healthy_versions_are_not_rolled_back_long(rate: float, traffic: Traffic) -> None:
    scenario = Scenario(traffic=traffic, canary_rate=rate, canary=HEALTHY)

    assert rolled_back(scenario, LONG) <= FALSE_GOAL * LONG


@pytest.mark.long
@BAD
@TRAFFICS
@RATES
def test_bad_versions_are_caught_long(rate: float, traffic: Traffic, canary: float) -> None:
    scenario = Scenario(traffic=traffic, canary_rate=rate, canary=canary)

    assert rolled_back(scenario, LONG) >= CAUGHT_GOAL[canary] * LONG


def test_the_horizon_is_long_enough_for_what_is_published() -> None:
    """Harm of a version that was never rolled back counts to the horizon, for all alike."""
    assert HORIZON == {1.0: 3600, 0.1: 4 * 3600}
