"""The tests keep their promises: checked by adding up every case, not by drawing some."""

import math
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rf.rollout.core.budget import PARTS, evidence_to_fail, evidence_to_pass
from rf.rollout.core.sequential import (
    WORSE_BY,
    Arms,
    Rate,
    against_equal,
    against_healthy,
    against_limit,
    against_share,
    against_worse,
    fails_from,
    gain,
    requests_to_pass,
)

ERRORS = Rate(healthy=0.01, limit=0.05)
P99 = Rate(healthy=0.002, limit=0.01)
rates = st.sampled_from([ERRORS, P99])
effects = st.floats(1, 5)


def is_worse(*windows: Arms) -> float:
    return against_equal([sum(gain(ratio, w) for w in windows) for ratio in WORSE_BY], 1)


def is_not_thrice(*windows: Arms) -> float:
    return against_worse(sum(gain(3, w) for w in windows), 1)


def mean_stake(logs_of_chances: Iterable[float], logs: Sequence[float]) -> float:
    """What a bet is worth in the mean; no more than 1 if it is fair."""
    return math.fsum(
        math.exp(chance + log) for chance, log in zip(logs_of_chances, logs, strict=True)
    )


@settings(deadline=None)
@given(rate=rates, requests=st.integers(1, 200), part=st.floats(0.01, 1))
def test_a_healthy_version_gains_nothing_in_the_mean(
    rate: Rate, requests: int, part: float
) -> None:
    events = range(requests + 1)
    chances = stats.binom(requests, part * rate.healthy).logpmf(events)

    logs = [against_healthy(rate, count, requests, 1) for count in events]

    assert mean_stake(chances, logs) <= 1 + 1e-9


@settings(deadline=None)
@given(rate=rates, requests=st.integers(1, 200), times=st.floats(1, 10))
def test_a_version_at_its_limit_or_beyond_gains_nothing_towards_a_pass(
    rate: Rate, requests: int, times: float
) -> None:
    events = range(requests + 1)
    chances = stats.binom(requests, times * rate.limit).logpmf(events)

    logs = [against_limit(rate, count, requests, 1) for count in events]

    assert mean_stake(chances, logs) <= 1 + 1e-9


@settings(deadline=None)
@given(requests=st.integers(1, 40), others=st.integers(1, 40), failed=st.integers(0, 20))
def test_arms_that_fail_alike_show_no_difference_in_the_mean(
    requests: int, others: int, failed: int
) -> None:
    """Given what failed in all, the candidate's part is drawn without replacement."""
    failed = min(failed, requests + others)
    events = range(failed + 1)
    chances = stats.hypergeom(requests + others, requests, failed).logpmf(events)

    logs = [is_worse((mine, requests, failed - mine, others)) for mine in events]

    assert mean_stake(chances, logs) <= 1 + 1e-9


@settings(deadline=None)
@given(of_all=st.integers(1, 300), share=st.floats(0.01, 0.99))
def test_a_share_as_asked_gains_nothing_in_the_mean(of_all: int, share: float) -> None:
    mine = range(of_all + 1)
    chances = stats.binom(of_all, share).logpmf(mine)

    logs = [against_share(count, of_all, share, 1) for count in mine]

    assert mean_stake(chances, logs) == pytest.approx(1, abs=1e-6)


@given(rate=rates, requests=st.integers(0, 2000), effect=effects)
def test_the_boundary_is_the_first_count_that_fails(
    rate: Rate, requests: int, effect: float
) -> None:
    needed = evidence_to_fail(0.01, "error_rate", 0)

    first = fails_from(rate, requests, needed, effect)

    assert first > requests or against_healthy(rate, first, requests, effect) >= needed
    assert not first or against_healthy(rate, first - 1, requests, effect) < needed


@given(rate=rates, requests=st.integers(1, 2000), events=st.integers(0, 1999), effect=effects)
def test_more_events_are_never_better(
    rate: Rate, requests: int, events: int, effect: float
) -> None:
    events = min(events, requests - 1)

    assert against_healthy(rate, events + 1, requests, effect) > against_healthy(
        rate, events, requests, effect
    )
    assert against_limit(rate, events + 1, requests, effect) < against_limit(
        rate, events, requests, effect
    )


@pytest.mark.parametrize(("rate", "least"), [(ERRORS, 73), (P99, 373)])
def test_the_least_evidence_of_a_pass_is_no_less_than_an_exact_bound_needs(
    rate: Rate, least: int
) -> None:
    needed = evidence_to_pass(0.05)

    requests = requests_to_pass(rate, 0, needed, 1)

    assert requests == least
    assert stats.binomtest(0, requests).proportion_ci(0.90, "exact").high < rate.limit


@given(rate=rates, events=st.integers(0, 20), effect=effects)
def test_what_is_said_to_be_enough_for_a_pass_is(rate: Rate, events: int, effect: float) -> None:
    needed = evidence_to_pass(0.05)

    requests = requests_to_pass(rate, events, needed, effect)

    assert against_limit(rate, events, requests, effect) >= needed - 1e-9
    assert requests == events or against_limit(rate, events, requests - 1, effect) < needed + 1e-9


def test_a_shared_outage_says_nothing_about_the_candidate() -> None:
    outage = [(30, 100, 270, 900)] * 5

    assert is_worse(*outage) < 0


def test_a_control_without_any_error_needs_no_special_case() -> None:
    assert is_worse((5, 100, 0, 900)) > math.log(1000)


def test_outages_of_different_strength_at_different_shares_do_not_mix() -> None:
    """Added up, the candidate would have 35 % errors and the control 6 % (Simpson's paradox)."""
    calm = (1, 100, 9, 900)
    outage = (350, 900, 39, 100)

    assert is_worse(calm, outage) < 0


def test_alike_arms_are_found_not_to_be_three_times_as_slow() -> None:
    assert is_not_thrice(*[(5, 100, 45, 900)] * 2) > 3
    assert is_not_thrice(*[(15, 100, 45, 900)] * 2) < 0


def test_no_traffic_on_one_side_is_no_evidence() -> None:
    assert is_worse((5, 10, 0, 0), (0, 0, 5, 10)) == pytest.approx(0)


def test_the_budget_is_never_more_than_alpha() -> None:
    spent = sum(
        math.exp(-evidence_to_fail(0.01, gate, start)) for gate in PARTS for start in range(60)
    )

    assert spent <= 0.01 + 1e-12
    assert sum(PARTS.values()) == pytest.approx(1)
