"""Who notices: users that get another version or feature, and services that restart. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..plan.model import Plan
    from .changes import Change

ROLLOUT = "researchflow:index:Rollout"
WORKLOADS = ("Deployment", "DaemonSet", "StatefulSet")
STAYS = {"stable": 100, "canary": 0}


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A share of users that changes, in per cent; ``of`` is a service's canary or a feature.

    Users are told apart by a hash, so a share that grows keeps those it has: ``moved`` is how many
    get something else, all in one direction. ``version_changes``: those that have the canary get
    another one. ``promoted``: the canary becomes the stable version.
    """

    of: Literal["canary", "feature"]
    name: str
    before: int
    after: int
    version_changes: bool = False
    promoted: bool = False

    @property
    def moved(self) -> int:
        """Per cent of the users that move."""
        return abs(self.after - self.before)

    @property
    def text(self) -> str:
        """One sentence for people."""
        if self.of == "feature":
            direction = "gain" if self.after > self.before else "lose"
            return f"{self.moved} % of users {direction} `{self.name}` ({self._span})"
        if self.promoted:
            return f"`{self.name}`: the canary becomes stable, for everybody"
        parts = []
        if self.moved:
            way = "stable to canary" if self.after > self.before else "canary to stable"
            parts.append(f"{self.moved} % of users move from {way} ({self._span})")
        if self.version_changes:
            kept = min(self.before, self.after)
            parts.append(f"{kept} % of users get another canary")
        return f"`{self.name}`: {', '.join(parts)}"

    @property
    def _span(self) -> str:
        return f"{self.before} → {self.after} %"


def shifts(base: Plan | None, head: Plan | None) -> tuple[Shift, ...]:
    """Every share that changes. A stack that is not there on both sides has no users to move."""
    old, new = _rollout(base), _rollout(head)
    if old is None or new is None:
        return ()
    return (*_of_services(old["services"], new["services"]), *_of_features(old, new))


def _rollout(plan: Plan | None) -> dict[str, Any] | None:
    found: Iterable[dict[str, Any]] = (
        each.inputs for each in (plan.resources if plan else ()) if each.type == ROLLOUT
    )
    return next(iter(found), None)


def _of_services(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Shift]:
    for name in sorted({*old, *new}):
        before, after = old.get(name, {}), new.get(name, {})
        was, now = (each.get("weights", STAYS)["canary"] for each in (before, after))
        canary = before.get("canaryVersion")
        another = canary != after.get("canaryVersion") and min(was, now) > 0
        promoted = canary is not None and canary == after.get("stableVersion") != before.get(
            "stableVersion"
        )
        if was != now or another or promoted:
            yield Shift(
                of="canary",
                name=name,
                before=was,
                after=now,
                version_changes=another,
                promoted=promoted,
            )


def _of_features(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Shift]:
    before, after = old.get("features", {}), new.get("features", {})
    for name in sorted({*before, *after}):
        was, now = before.get(name, 0), after.get(name, 0)
        if was != now:
            yield Shift(of="feature", name=name, before=was, after=now)


def restarts(found: Iterable[Change]) -> tuple[str, ...]:
    """The servers whose processes end and start, by the name of their component."""
    ending = [each for each in found if _restarts(each)]
    names = {each.component.rpartition(" ")[2] or each.resource.name for each in ending}
    return tuple(sorted(names))


def _restarts(change: Change) -> bool:
    if change.action not in ("update", "replace"):
        return False
    resource = change.resource
    if resource.type == "docker:index/container:Container":
        # A container that runs once and ends has no policy.
        return change.action == "replace" and resource.inputs.get("restart") not in (None, "no")
    if resource.kind not in WORKLOADS:
        return False
    template = ("spec", "template")
    return change.action == "replace" or any(
        each.difference.path[:2] == template for each in change.properties
    )
