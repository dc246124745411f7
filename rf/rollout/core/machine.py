"""What to do next: a pure function of where the rollout stands, the verdict and the time.

``decide`` says it, the effects do it, ``after`` says where the rollout stands then. Between the two
lies everything that can be killed: the effects journal the action before they begin, every action
may be done twice, and the state is journaled after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from .plan import Kind, Plan, Stage
from .verdict import Cause, Judgement, Verdict

Command = Literal["pause", "resume", "abort", "promote"]
"""What a person may ask for. ``promote`` goes to the next stage without waiting for evidence; it is
refused while the verdict is ``fail``."""


class Phase(StrEnum):
    """Where a rollout stands."""

    RUNNING = "running"
    PAUSED = "paused"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a rollout stands; plain data, so that a journal can hold it."""

    plan: Plan
    phase: Phase = Phase.RUNNING
    stage: int = -1
    """Index of the stage that was entered last; -1 before the first."""
    since: float
    """Unix time of that, or of the resume after it."""
    blind: int = 0
    """Unusable readings in a row."""
    reason: str = ""
    """Why it is paused or rolled back."""
    forced: tuple[int, ...] = ()
    """Stages that a person left without a verdict of ``pass``."""

    @property
    def current(self) -> Stage | None:
        """The stage that was entered last."""
        return self.plan.stages[self.stage] if self.stage >= 0 else None

    @property
    def weight(self) -> int:
        """Per cent that the candidate should have."""
        return self.current.weight if self.current is not None else self.plan.rollback_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Enter:
    """Begin a stage: make its change, verify it, and start a new ``Step`` of evidence."""

    stage: int
    forced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Change nothing; look again after ``wait`` seconds."""

    wait: float
    reason: str
    blind: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Change nothing until a person says what to do."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """A person lets it go on: the stage's time begins again, and so does its evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """Give the candidate ``weight`` at once, by the fast lane first."""

    weight: int
    reason: str
    restore_stable: bool
    """Stable has the new spec by then: it gets its previous one back and is warm before it gets any
    user; until then the canary serves on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """There is nothing left to do."""


Action = Enter | Hold | Pause | Resume | Rollback | Finish


def begin(plan: Plan, now: float) -> State:
    """A rollout that has changed nothing yet."""
    return State(plan=plan, since=now)


def decide(
    state: State,
    judgement: Judgement | None,
    now: float,
    *,
    command: Command | None = None,
    warm: bool = False,
) -> Action:
    """What to do at ``now``.

    ``judgement`` is of the current stage, the worst of the services for a feature; None while there
    is nothing to judge. ``warm``: in the stage ``replace``, stable has the new spec, is up and has
    its models loaded.
    """
    if state.phase in (Phase.PROMOTED, Phase.ROLLED_BACK):
        return Finish()
    action = _asked(state, command)
    if action is None and state.current is not None:
        if state.current.kind is Kind.REMOVE:
            return Finish()
        forced = command == "promote"
        action = _stuck(state, judgement, now, forced=forced, warm=warm)
        if action is None and not forced:
            action = _holding(state, state.current, now)
    if action is not None:
        return action
    passed = judgement is not None and judgement.verdict is Verdict.PASS
    return _next(state, now, forced=state.current is not None and not passed)


def _holding(state: State, stage: Stage, now: float) -> Hold | None:
    """The rest of the stage's own time, after it passed."""
    left = state.since + stage.hold - now
    if left <= 0:
        return None
    wait = min(state.plan.pace.poll, left)
    return Hold(wait=wait, reason=f"passed; holds for {left:.0f} s more")


def _asked(state: State, command: Command | None) -> Action | None:
    """What a person's command comes to by itself, whatever the verdict is."""
    match command:
        case "abort":
            return _rollback(state, "a person aborted it")
        case "resume":
            return Resume()
        case "pause":
            return Pause(reason="a person paused it")
    if state.phase is Phase.PAUSED and command != "promote":
        return Hold(wait=state.plan.pace.poll, reason=state.reason)
    return None


def _stuck(
    state: State, judgement: Judgement | None, now: float, *, forced: bool, warm: bool
) -> Action | None:
    """What keeps the current stage from being passed, if anything does."""
    held = now - state.since
    verdict = judgement.verdict if judgement is not None else Verdict.ERROR
    reason = "; ".join(judgement.reasons) if judgement is not None else "there is no verdict"
    if verdict is Verdict.FAIL:
        shared = judgement is not None and judgement.cause is Cause.SHARED_DEPENDENCY
        if shared and state.plan.pace.on_shared == "pause":
            return _hold_or_pause(state, held, f"shared dependency: {reason}")
        return _rollback(state, reason)
    if state.current is not None and state.current.kind is Kind.REPLACE and not warm:
        return _hold_or_pause(state, held, "stable has the new version and is not warm yet")
    if forced or verdict is Verdict.PASS:
        return None
    if verdict is Verdict.ERROR:
        return _blind(state, reason)
    return _hold_or_pause(state, held, reason)


def _hold_or_pause(state: State, held: float, reason: str) -> Action:
    pace = state.plan.pace
    if held >= pace.max_hold:
        return Pause(reason=f"no verdict within {pace.max_hold} s: {reason}")
    return Hold(wait=pace.poll, reason=reason)


def _blind(state: State, reason: str) -> Action:
    pace = state.plan.pace
    if state.blind < pace.retries:
        return Hold(wait=pace.retry_wait, reason=reason, blind=state.blind + 1)
    words = f"{state.blind + 1} unusable readings in a row: {reason}"
    return _rollback(state, words) if pace.on_blind == "rollback" else Pause(reason=words)


def _next(state: State, now: float, *, forced: bool = False) -> Action:
    index = state.stage + 1
    if index >= len(state.plan.stages):
        return Finish()
    freeze = state.plan.frozen(now)
    if freeze is not None and state.plan.stages[index].weight > state.weight:
        wait = min(state.plan.pace.retry_wait, freeze.end - now)
        return Hold(wait=wait, reason=f"no weight grows now: {freeze.reason}")
    return Enter(stage=index, forced=forced)


def _rollback(state: State, reason: str) -> Rollback:
    entered = {stage.kind for stage in state.plan.stages[: state.stage + 1]}
    return Rollback(
        weight=state.plan.rollback_to, reason=reason, restore_stable=Kind.REPLACE in entered
    )


def after(state: State, action: Action, now: float) -> State:
    """Where the rollout stands when ``action`` is done and verified."""
    match action:
        case Enter(stage=index, forced=forced):
            left = (*state.forced, state.stage) if forced else state.forced
            return replace(state, phase=Phase.RUNNING, stage=index, since=now, blind=0, forced=left)
        case Hold(blind=blind):
            return replace(state, blind=blind)
        case Pause(reason=reason):
            return replace(state, phase=Phase.PAUSED, reason=reason)
        case Resume():
            return replace(state, phase=Phase.RUNNING, since=now, blind=0, reason="")
        case Rollback(reason=reason):
            return replace(state, phase=Phase.ROLLED_BACK, since=now, reason=reason)
        case Finish():
            done = Phase.PROMOTED if state.phase is not Phase.ROLLED_BACK else Phase.ROLLED_BACK
            return replace(state, phase=done)
