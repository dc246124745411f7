"""What a rollout does one after the other, if all goes well."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from .settings import PaceArgs

if TYPE_CHECKING:
    from collections.abc import Sequence

EVERYBODY = 100


class Kind(StrEnum):
    """What a stage changes."""

    SHIFT = "shift"
    """The candidate gets the stage's weight."""
    BAKE = "bake"
    """Nothing: the last weight stays and is watched."""
    REPLACE = "replace"
    """Stable gets the candidate's spec at weight 0 and warms; the candidate serves everybody."""
    RETURN = "return"
    """Stable, which is the new version, serves everybody; the canary stays as the way back. From
    here on stable is judged: it is the ``candidate`` of the evidence, with weight 100."""
    REMOVE = "remove"
    """The canary goes; stable and canary volumes and GPUs are single again."""


_WORDS = {
    Kind.SHIFT: "{weight} % of the users get it",
    Kind.BAKE: "{weight} % of the users keep it, and it is watched",
    Kind.REPLACE: "stable becomes the new version too, and warms up without users",
    Kind.RETURN: "all users go to stable, which is the new version by then",
    Kind.REMOVE: "the second copy goes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One change, and how long what follows is watched."""

    kind: Kind
    weight: int
    """Per cent of the users on the canary, or with the feature, after this stage began."""
    hold: float
    """Seconds before the next stage at least."""

    @property
    def words(self) -> str:
        """What it does, for whoever does not know the kinds."""
        return _WORDS[self.kind].format(weight=self.weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A time, in Unix seconds, in which no weight grows."""

    start: float
    end: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The stages of one rollout."""

    subject: str
    """The service or the feature."""
    stages: tuple[Stage, ...]
    rollback_to: int
    """The weight of before the rollout, not the one of the last step."""
    pace: PaceArgs = field(default_factory=PaceArgs)
    freezes: tuple[Freeze, ...] = ()

    def frozen(self, now: float) -> Freeze | None:
        """The freeze that holds at ``now``, if any."""
        return next((freeze for freeze in self.freezes if freeze.start <= now < freeze.end), None)


def version_plan(
    service: str, pace: PaceArgs, *, current: int = 0, freezes: Sequence[Freeze] = ()
) -> Plan:
    """A new version of ``service`` to everybody: the steps, the bake, and stable takes it over.

    ``current`` is the canary's weight; steps up to it were taken. ValueError where the steps do not
    end at 100: stable cannot take over a version that only some users have.
    """
    if pace.steps[-1] != EVERYBODY:
        raise ValueError(f"the steps of a version end at 100, not at {pace.steps[-1]}")
    hold = pace.min_hold
    stages = (
        *_shifts(pace, current, EVERYBODY),
        Stage(kind=Kind.BAKE, weight=EVERYBODY, hold=pace.bake),
        Stage(kind=Kind.REPLACE, weight=EVERYBODY, hold=hold),
        Stage(kind=Kind.RETURN, weight=0, hold=hold),
        Stage(kind=Kind.REMOVE, weight=0, hold=0),
    )
    return Plan(subject=service, stages=stages, rollback_to=0, pace=pace, freezes=tuple(freezes))


def feature_plan(
    feature: str, pace: PaceArgs, *, current: int, target: int, freezes: Sequence[Freeze] = ()
) -> Plan:
    """``feature`` from ``current`` to ``target`` per cent, over the steps between them.

    ValueError where ``target`` is no whole per cent or below ``current``, which is a rollback.
    Equal ones give a plan without stages.
    """
    if type(target) is not int or not 0 <= target <= EVERYBODY:
        raise ValueError(f"the target of {feature} is {target}; use a whole number from 0 to 100")
    if target < current:
        raise ValueError(
            f"{feature} is at {current} %, more than the target of {target} %; to take it back use "
            "--rollback"
        )
    shifts = _shifts(pace, current, target)
    bake = (Stage(kind=Kind.BAKE, weight=target, hold=pace.bake),) if shifts else ()
    return Plan(
        subject=feature,
        stages=(*shifts, *bake),
        rollback_to=current,
        pace=pace,
        freezes=tuple(freezes),
    )


def _shifts(pace: PaceArgs, current: int, target: int) -> tuple[Stage, ...]:
    weights = sorted({weight for weight in (*pace.steps, target) if current < weight <= target})
    return tuple(Stage(kind=Kind.SHIFT, weight=w, hold=pace.min_hold) for w in weights)
