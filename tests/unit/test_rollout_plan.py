"""The stages of a rollout, from the settings and from where it begins."""

import pytest

from rf.rollout.core import Kind, PaceArgs, feature_plan, version_plan

PACE = PaceArgs(min_hold=60, bake=600, max_hold=3600, retries=2)


@pytest.mark.parametrize(
    ("current", "target", "weights"),
    [
        (0, 25, [10, 25]),
        (0, 100, [10, 50, 100]),
        (10, 100, [50, 100]),
        (30, 40, [40]),
        (50, 50, []),
        (0, 5, [5]),
    ],
)
def test_a_feature_takes_the_steps_between_here_and_there(
    current: int, target: int, weights: list[int]
) -> None:
    plan = feature_plan("semantic_cache", PACE, current=current, target=target)

    assert [stage.weight for stage in plan.stages if stage.kind is Kind.SHIFT] == weights


def test_a_target_that_is_none_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="use --rollback"):
        feature_plan("ai_inference", PACE, current=50, target=25)
    for target in (-1, 101, 12.5):
        with pytest.raises(ValueError, match="whole number from 0 to 100"):
            feature_plan("ai_inference", PACE, current=0, target=target)  # type: ignore[arg-type]


def test_stable_cannot_take_over_what_only_some_users_have() -> None:
    with pytest.raises(ValueError, match="end at 100, not at 50"):
        version_plan("ollama", PaceArgs(steps=(10, 50)))


@pytest.mark.parametrize("steps", [(), (0, 100), (50, 10), (10, 10, 100)])
def test_steps_rise(steps: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must rise"):
        PaceArgs(steps=steps)


def test_a_version_that_resumes_at_half_does_not_go_back_to_ten() -> None:
    plan = version_plan("ollama", PACE, current=50)

    assert plan.stages[0].weight == 100
    assert plan.rollback_to == 0
