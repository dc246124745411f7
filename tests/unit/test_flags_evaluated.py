"""The flag file as flagd's own evaluator for Python reads it: who sees a feature.

Its traps are those of report B §2.6: a user without a targeting key, weights that are no integers,
and percentages that lose users while they grow.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

from components.flags import flag_file

FEATURE = "ai_inference"
USERS = [f"user-{number}" for number in range(20_000)]


def evaluator(percentage: int) -> FlagdCore:
    core = FlagdCore()
    core.set_flags(flag_file({FEATURE: percentage, "vector_search": 10}))
    return core


def sees(core: FlagdCore, context: EvaluationContext | None, feature: str = FEATURE) -> bool:
    answer = core.resolve_boolean_value(feature, default_value=False, ctx=context)
    assert answer.variant is not None, "the application's own default decided"
    return answer.value


@cache
def audience(percentage: int, feature: str = FEATURE) -> set[str]:
    core = evaluator(percentage)
    return {user for user in USERS if sees(core, EvaluationContext(user), feature)}


@pytest.mark.parametrize(
    ("feature", "percentage", "seen_by"),
    [(FEATURE, 50, {2, 4, 5, 8, 15, 19, 23}), ("vector_search", 10, {7, 12, 21})],
)
def test_the_evaluator_chooses_the_users_that_flagd_chooses(
    feature: str, percentage: int, seen_by: set[int]
) -> None:
    """As a flagd 0.16.0 answered. What choices follow from is no part of the flag file."""
    found = audience(percentage, feature) & set(USERS[:24])

    assert found == {f"user-{number}" for number in seen_by}


def test_a_growing_percentage_takes_nobody_the_feature_away() -> None:
    audiences = [audience(percentage) for percentage in (0, 1, 10, 50, 99, 100)]

    for fewer, more in pairwise(audiences):
        assert fewer <= more


@pytest.mark.parametrize("percentage", [1, 10, 50, 99])
def test_a_percentage_is_the_share_of_the_users_that_see_the_feature(percentage: int) -> None:
    share = 100 * len(audience(percentage)) / len(USERS)

    assert share == pytest.approx(percentage, abs=1)


def test_nobody_is_nobody_and_a_hundred_is_everyone() -> None:
    assert audience(0) == set()
    assert audience(100) == set(USERS)


@pytest.mark.parametrize(
    "context",
    [None, EvaluationContext(), EvaluationContext(""), EvaluationContext(attributes={"plan": "a"})],
    ids=["none", "empty", "empty key", "attributes alone"],
)
def test_a_user_without_a_targeting_key_is_harmless(context: EvaluationContext | None) -> None:
    before, during, after = (evaluator(percentage) for percentage in (0, 50, 100))

    assert sees(before, context) is False
    assert sees(during, context) is False
    assert sees(after, context) is True


def test_two_features_do_not_choose_the_same_users() -> None:
    both = audience(10) & audience(10, "vector_search")

    assert len(both) / len(USERS) == pytest.approx(0.01, abs=0.005)
