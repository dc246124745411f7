"""Waiting for a cluster to come to rest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from components.platforms.kubernetes.manifest import Body

PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 60.0
COPIES = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
AGENTS = ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable")


class NeverError(AssertionError):
    """What did not happen in time."""


def until_nothing(problems: Callable[[], list[str]], seconds: float = PATIENCE_SECONDS) -> None:
    """Ask again and again until no problem is left; NeverError holds the last ones."""
    deadline = time.monotonic() + seconds
    while found := problems():
        if time.monotonic() > deadline:
            lines = "\n".join(found)
            raise NeverError(f"after {seconds:.0f} s still:\n{lines}")
        time.sleep(PAUSE_SECONDS)


def lowest_until_nothing(
    measure: Callable[[], Mapping[str, int]], problems: Callable[[], list[str]]
) -> dict[str, int]:
    """The least that each number fell to while problems were left."""
    lowest = dict(measure())

    def measured() -> list[str]:
        for name, number in measure().items():
            lowest[name] = min(lowest[name], number)
        return problems()

    until_nothing(measured)
    return lowest


def ready(pod: Body) -> bool:
    """Whether a pod that was read from the server may get traffic."""
    conditions = pod["status"].get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def unready(body: Body) -> str | None:
    """Why an object that was read from the server is not ready; None when it is.

    Deployments, DaemonSets, Jobs and claims become ready; all else is so at once.
    """
    status = body.get("status", {})
    match body["kind"]:
        case "Deployment":
            return _behind(body, body["spec"]["replicas"], COPIES)
        case "DaemonSet":
            return _behind(body, status.get("desiredNumberScheduled", 0), AGENTS)
        case "Job":
            conditions = status.get("conditions", ())
            done = [each["type"] for each in conditions if each["status"] == "True"]
            return None if "Complete" in done else f"it is not complete: {done}"
        case "PersistentVolumeClaim":
            return None if status["phase"] == "Bound" else f"it is {status['phase']}"
    return None


def _behind(body: Body, wanted: int, counted: tuple[str, ...]) -> str | None:
    status, generation = body.get("status", {}), body["metadata"]["generation"]
    if status.get("observedGeneration", 0) < generation:
        return f"its controller has not seen generation {generation}"
    lacking = {name: status.get(name, 0) for name in counted if status.get(name, 0) != wanted}
    return f"{wanted} wanted, but {lacking}" if lacking else None
