"""What is rolled out, and which settings each stage of it changes. Pure: edits of the stack file.

A version is rolled out as a canary of its service; a feature as a percentage. The stack file holds
the weights, so every change of them is a change of settings, and going back is one too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..stack_edit import REMOVED
from .core import Kind, Stage
from .core.plan import EVERYBODY

if TYPE_CHECKING:
    from collections.abc import Mapping

CANARY = ("canary", "weights", "passed")
"""What a rollout writes into ``rollout.services.X``; the rest of that section is people's own."""

Edits = dict[tuple[str, ...], Any]
"""Values by their path below ``researchflow-ai:platform``; ``REMOVED`` takes one out."""


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What a stage was left with: a verdict of ``pass``, or another one and a person's word."""

    weight: int
    verdict: str
    forced: bool = False


@dataclass(frozen=True, kw_only=True)
class VersionSubject:
    """A second version of ``service`` (its setting key), which differs by ``changes``.

    ``before`` holds what the service's own section says now of the settings that change; one that
    it does not name is absent.
    """

    service: str
    version: str
    changes: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.service

    @property
    def versioned(self) -> tuple[str, ...]:
        """The services that have a second version because of it."""
        return (self.service,)

    @property
    def services(self) -> tuple[str, ...]:
        """The services whose requests are judged."""
        return (self.service,)

    @property
    def _rollout(self) -> tuple[str, ...]:
        return ("rollout", "services", self.service)

    @property
    def owned(self) -> tuple[tuple[str, ...], ...]:
        """The settings that its rollout may change."""
        return (
            *((*self._rollout, key) for key in CANARY),
            *(("services", self.service, key) for key in self.changes),
        )

    def weight_in(self, platform: Mapping[str, Any]) -> int:
        """Per cent of the users that ``platform`` gives the canary."""
        found: int = self._section(platform).get("weights", {}).get("canary", 0)
        return found

    def is_in(self, platform: Mapping[str, Any]) -> bool:
        """Whether ``platform`` has this very canary."""
        return bool(self._section(platform).get("canary") == dict(self.changes))

    def _section(self, platform: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Any = platform
        for key in self._rollout:
            found = found.get(key) or {}
        return found if isinstance(found, dict) else {}

    def prepare(self) -> Edits:
        """The canary comes up, and nobody gets it."""
        return {
            (*self._rollout, "canary"): dict(self.changes),
            (*self._rollout, "weights"): REMOVED,
            (*self._rollout, "passed"): REMOVED,
        }

    def enter(self, stage: Stage, passed: Pass | None) -> Edits:
        """What entering ``stage`` changes, after the stage before it was left with ``passed``."""
        if stage.kind is Kind.REMOVE:
            return self.clear()
        edits: Edits = {}
        if passed is not None:
            edits[(*self._rollout, "passed")] = {
                "version": self.version,
                "weight": passed.weight,
                "verdict": passed.verdict,
                **({"forced": True} if passed.forced else {}),
            }
        if stage.kind is Kind.REPLACE:
            edits |= {("services", self.service, key): v for key, v in self.changes.items()}
        if stage.kind in (Kind.SHIFT, Kind.RETURN):
            edits[(*self._rollout, "weights")] = weights(stage.weight)
        return edits

    def restore(self) -> Edits:
        """Stable becomes what it was."""
        return {
            ("services", self.service, key): self.before.get(key, REMOVED) for key in self.changes
        }

    def back(self, weight: int) -> Edits:
        """Everybody but ``weight`` per cent gets stable, at once."""
        return {(*self._rollout, "weights"): weights(weight) if weight else REMOVED}

    def clear(self) -> Edits:
        """No trace of the canary is left; what new versions have to show stays."""
        return {(*self._rollout, key): REMOVED for key in CANARY}


@dataclass(frozen=True, kw_only=True)
class FeatureSubject:
    """The per cent of users that see ``feature``; ``services`` serve it."""

    feature: str
    services: tuple[str, ...]

    @property
    def name(self) -> str:
        """What people call it."""
        return self.feature

    @property
    def versioned(self) -> tuple[str, ...]:
        """None: a feature is a flag."""
        return ()

    @property
    def owned(self) -> tuple[tuple[str, ...], ...]:
        """The setting that its rollout may change."""
        return (("features", self.feature),)

    def weight_in(self, platform: Mapping[str, Any]) -> int:
        """Per cent of the users that ``platform`` gives the feature."""
        found: int = (platform.get("features") or {}).get(self.feature, 0)
        return found

    def prepare(self) -> Edits:
        """Nothing has to be there first."""
        return {}

    def restore(self) -> Edits:
        """Nothing else was changed."""
        return {}

    def clear(self) -> Edits:
        """Nothing is left over."""
        return {}

    def enter(self, stage: Stage, _passed: Pass | None) -> Edits:
        """The stage's percentage."""
        return {("features", self.feature): stage.weight} if stage.kind is Kind.SHIFT else {}

    def back(self, weight: int) -> Edits:
        """The percentage of before."""
        return {("features", self.feature): weight}


Subject = VersionSubject | FeatureSubject


def weights(canary: int) -> dict[str, int]:
    """Both weights of a service whose canary gets ``canary`` per cent."""
    return {"stable": EVERYBODY - canary, "canary": canary}
