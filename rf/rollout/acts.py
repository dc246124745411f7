"""Takes the actions of a rollout: the lanes in their order, and evidence begun where a step does.

Each may be taken twice: whoever resumes begins with the one that may not have been finished.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import drift
from .core import Enter, Kind, Resume, Rollback, after
from .effects import EffectError
from .lanes import Lanes
from .ledger import tries
from .subject import FeatureSubject

if TYPE_CHECKING:
    from collections.abc import Callable

    from .core import Action, State
    from .observer import Look, Observer
    from .store import StoreError
    from .subject import Pass, Subject
    from .world import World


class BlindError(EffectError):
    """The gateways could not be read before a step, so nothing was changed for it."""


class UnrecordedError(Exception):
    """The store failed in the middle of a rollout, which was rolled back without a record."""


class Acts:
    """What a rollout of ``subject`` does; ``ended``: whether the process was asked to end."""

    def __init__(
        self, world: World, subject: Subject, observer: Observer, ended: Callable[[], bool]
    ) -> None:
        self._world = world
        self._subject = subject
        self._observer = observer
        self._ended = ended
        self._touched = -1

    def touched(self, stage: int) -> None:
        """The change of ``stage`` was begun, here or by the process before."""
        self._touched = max(self._touched, stage)

    def take(self, state: State, action: Action, passed: Pass | None, settings: str) -> State:
        """Take ``action`` and say where the rollout stands then; ``settings`` as in Controller."""
        match action:
            case Enter(stage=index):
                return self._enter(state, action, index, passed)
            case Rollback():
                return self._roll_back(state, action, settings)
            case Resume():
                self._observer.forget()
        return after(state, action, self._now())

    def _enter(self, state: State, action: Enter, index: int, passed: Pass | None) -> State:
        stage = state.plan.stages[index]
        lanes = Lanes(self._world, self._subject, self._ended)
        zero = self._zero()
        self.touched(index)
        if state.current is None:
            lanes.prepare()
            zero = self._zero()
        lanes.enter(stage, passed)
        taken = after(state, action, self._now())
        if stage.kind is not Kind.REMOVE:
            self._observer.begin_step(taken, zero)
        return taken

    def _zero(self) -> Look:
        """The counters of before a step; BlindError when they cannot be read."""
        for _ in tries(self._world.clock):
            look = self._observer.look()
            if not look.fault:
                return look
        raise BlindError(look.fault)

    def _roll_back(self, state: State, action: Rollback, settings: str) -> State:
        lanes = Lanes(self._world, self._subject)
        lanes.rollback(action)
        current = self._world.desired.current()
        alone = drift.fingerprint(current, self._subject) == settings
        left = lanes.clear(deploy=alone)
        if not alone and not isinstance(self._subject, FeatureSubject):
            left = [*left, "other settings were edited meanwhile, so the canary waits at 0 % for "
                    "the next deployment to remove it"]  # fmt: skip
        reason = "; ".join([action.reason, *left])
        return after(state, replace(action, reason=reason), self._now())

    def without_record(self, state: State, error: StoreError) -> Exception:
        """Go back where nothing can be recorded any more: nobody would know how to go on.

        What is to be raised then: ``error`` itself where nothing was changed, or cannot be.
        """
        action = way_back(state, self._touched, str(error)) if self._touched >= 0 else None
        if action is None:
            return error
        lanes = Lanes(self._world, self._subject)
        lanes.rollback(action)
        left = lanes.clear(deploy=True)
        said = "; ".join([str(error), *left])
        self._world.notifier.tell("rolled_back", f"{self._subject.name}: {said}")
        return UnrecordedError(
            f"{said}; so {self._subject.name} went back to {action.weight} %, without a record"
        )

    def _now(self) -> float:
        return self._world.clock.now().timestamp()


def way_back(state: State, stage: int, reason: str) -> Rollback | None:
    """The rollback of a rollout that was on its way to ``stage``; None when it is past that."""
    kinds = {each.kind for each in state.plan.stages[: stage + 1]}
    if kinds & {Kind.RETURN, Kind.REMOVE}:
        return None
    return Rollback(
        weight=state.plan.rollback_to, reason=reason, restore_stable=Kind.REPLACE in kinds
    )
