"""Rollouts: weights, steps, evidence and freezes."""

from typing import Any

from tests.policy.cases.case import Case

ROLLOUT = "researchflow:index:Rollout"
OLD, NEW = "0123456789ab", "ba9876543210"
NEVER_ENDS = {"start": "2020-01-01T00:00:00+00:00", "end": "2999-01-01T00:00:00+00:00"}
LONG_PAST = {"start": "2020-01-01T00:00:00+00:00", "end": "2020-01-02T00:00:00+00:00"}


def rollout(
    canary: int = 0,
    *,
    passed: int | None = None,
    version: str = NEW,
    forced: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """A rollout of one service; ``passed`` is the weight of the last pass, of ``version``."""
    service: dict[str, Any] = {
        "weights": {"stable": 100 - canary, "canary": canary},
        "stableVersion": OLD,
        "canaryVersion": NEW,
    }
    if passed is not None:
        service["passed"] = {"version": version, "weight": passed, "verdict": "f" * 64}
        if forced:
            service["passed"]["forced"] = True
    return {"services": {"ollama": service}, "steps": [10, 50, 100], "freeze": [], **more}


def first_deployment() -> dict[str, Any]:
    service = {"weights": {"stable": 100, "canary": 0}, "stableVersion": OLD}
    return {"services": {"ollama": service}, "steps": [10, 50, 100], "freeze": []}


def promoted(canary: int) -> dict[str, Any]:
    """The stable version has become the canary's, which is on its way out."""
    found = rollout(canary)
    found["services"]["ollama"]["stableVersion"] = NEW
    return found


def weighted(**weights: Any) -> dict[str, Any]:
    return {"services": {"ollama": {"weights": weights}}}


def case(rule: str, red: tuple[Any, ...], green: tuple[Any, ...], **more: Any) -> Case:
    return Case(rule=f"rollout/{rule}", token=ROLLOUT, red=red, green=green, **more)


CASES = (
    case(
        "weights",
        red=(
            weighted(stable=90, canary=20),
            weighted(stable=90),
            weighted(stable=-10, canary=110),
            weighted(stable=99.5, canary=0.5),
            {"services": {"faiss": {}}},
        ),
        green=(weighted(stable=100, canary=0), weighted(stable=90, canary=10), {"services": {}}),
    ),
    case(
        "steps",
        red=(
            rollout(steps=[20, 50, 100]),
            rollout(steps=[10, 100]),
            rollout(steps=[]),
            rollout(steps=[5.5, 50, 100]),
        ),
        green=(rollout(), rollout(steps=[1, 5, 25, 60, 100])),
    ),
    case(
        "steps",
        red=(rollout(steps=[10, 50, 100]), rollout(steps=[5, 50, 100])),
        green=(rollout(steps=[5, 25, 45, 65, 85, 100]),),
        config={"first": 5, "jump": 20},
    ),
    case(
        "evidence",
        red=(
            rollout(50),
            rollout(11),
            rollout(100, passed=10),
            rollout(50, passed=10, version=OLD),
            rollout(51, passed=10),
            rollout(100, passed=10, forced=True),
        ),
        green=(
            first_deployment(),
            rollout(0),
            rollout(10),
            rollout(5),
            rollout(50, passed=10),
            rollout(50, passed=10, forced=True),
            rollout(10, passed=50),
            rollout(100, passed=50),
            rollout(100, passed=100),
            promoted(100),
            rollout(0, passed=10, version=OLD),
        ),
    ),
    case(
        "freeze",
        red=(
            rollout(10, freeze=[NEVER_ENDS]),
            rollout(50, passed=10, freeze=[LONG_PAST, NEVER_ENDS]),
            rollout(10, passed=10, forced=True, freeze=[NEVER_ENDS]),
        ),
        green=(
            first_deployment() | {"freeze": [NEVER_ENDS]},
            rollout(0, freeze=[NEVER_ENDS]),
            rollout(10, passed=10, freeze=[NEVER_ENDS]),
            promoted(100) | {"freeze": [NEVER_ENDS]},
            rollout(10, freeze=[LONG_PAST]),
            rollout(10),
        ),
    ),
)
