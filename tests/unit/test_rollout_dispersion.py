"""The design effect: what requests that fail together are worth."""

import numpy as np
import pytest

from rf.rollout.core import design_effect

OTHERWISE = 2.0


def minutes_of(
    groups: int, *, size: int, seed: int = 1, minutes: int = 360
) -> list[tuple[int, int]]:
    """``groups`` groups of ``size`` failures a minute in the mean, among 6,000 requests."""
    drawn = np.random.default_rng(seed).poisson(groups, minutes)
    return [(int(count) * size, 6000) for count in drawn]


def test_independent_requests_have_an_effect_of_one() -> None:
    found = design_effect(minutes_of(60, size=1), OTHERWISE)

    assert found.measured
    assert found.value == pytest.approx(1, abs=0.15)


def test_requests_that_fail_five_at_a_time_have_one_of_five_and_a_margin() -> None:
    assert design_effect(minutes_of(12, size=5), OTHERWISE).value == pytest.approx(7, abs=1.5)


def test_failures_that_gather_over_minutes_are_seen_in_the_longer_stretches() -> None:
    bad_spells = [(40 if i // 5 % 12 == 0 else 2, 6000) for i in range(360)]

    gathered = design_effect(bad_spells, OTHERWISE).value
    shuffled = design_effect(list(np.random.default_rng(1).permutation(bad_spells)), OTHERWISE)

    assert gathered > 1.5 * shuffled.value


@pytest.mark.parametrize(
    "minutes",
    [
        [],
        [(1, 100)] * 19,
        [(0, 100)] * 360,
        [(100, 100)] * 360,
        [(0, 0)] * 360,
    ],
    ids=["none", "too short", "no failure", "nothing else", "no traffic"],
)
def test_without_enough_history_the_setting_counts(minutes: list[tuple[int, int]]) -> None:
    found = design_effect(minutes, OTHERWISE)

    assert (found.value, found.measured) == (OTHERWISE, False)


def test_minutes_without_requests_change_nothing() -> None:
    busy = minutes_of(12, size=5)

    gaps = [minute for pair in zip(busy, [(0, 0)] * len(busy), strict=True) for minute in pair]

    assert design_effect(gaps, OTHERWISE).value == pytest.approx(
        design_effect(busy, OTHERWISE).value, rel=0.3
    )
