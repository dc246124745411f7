"""The controller: reads, judges, decides, journals, acts, and journals again.

Killed at any instruction, ``resume`` goes on from the journal: an action that was announced and not
reported is taken again, and evidence begins anew at the step that was reached.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from components.gateway.metrics import DURATION_BUCKETS_MS

from ..errors import BadInputError
from . import readings, records
from .core import (
    Bundle,
    Enter,
    Evidence,
    Finish,
    Health,
    Hold,
    Kind,
    Pause,
    Phase,
    Resume,
    Rollback,
    Step,
    Verdict,
    after,
    decide,
    judge,
    without_repeats,
    worst_of,
)
from .effects import EffectError
from .lanes import Lanes, RollbackError
from .subject import FeatureSubject, Pass
from .world import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .commands import Commands
    from .core import Action, GateArgs, Judgement, Poll, State
    from .journal import Journal
    from .lease import Lease
    from .subject import Subject
    from .world import World

EVERYBODY = 100
RENEW_SECONDS = 300
"""How often the lease is renewed: in half the time that it lasts."""


class Interrupted(Exception):  # noqa: N818 it is no error
    """The process was asked to end; everything is journaled, and ``resume`` goes on."""


@dataclass(kw_only=True)
class Controller:
    """One rollout. ``gates`` by service; ``ended`` says whether the process was asked to end."""

    world: World
    journal: Journal
    lease: Lease
    commands: Commands
    subject: Subject
    gates: Mapping[str, GateArgs]
    ended: Callable[[], bool] = lambda: False
    watch: Callable[[State, Judgement | None, Action], None] = lambda *_: None
    _steps: dict[str, list[Step]] = field(default_factory=dict)
    _down_since: dict[str, float] = field(default_factory=dict)
    _renewed: float = 0.0
    _verdicts: dict[str, Verdict] = field(default_factory=dict)

    def run(self, state: State) -> State:
        """Go on from ``state`` until the rollout has ended or waits for a person.

        Interrupted when the process was asked to end, RollbackError when a rollback failed.
        """
        unfinished = records.unfinished(self.journal.entries)
        if unfinished is not None:
            state = self._take(state, unfinished, None)
        elif state.current is not None:
            self._new_steps(state, self.world.gateways.scrape())
        while state.phase is Phase.RUNNING:
            if self.ended():
                raise Interrupted
            state = self._once(state)
        return state

    def _once(self, state: State) -> State:
        now = self._now()
        self._keep_lease(now)
        command = self.commands.next()
        scrapes, fault = self._scraped()
        judgement = self._judged(state, scrapes, fault)
        warm = self._is_warm(state, scrapes)
        action = decide(state, judgement, now, command=command, warm=warm)
        self.watch(state, judgement, action)
        if isinstance(action, Hold):
            self.world.clock.sleep(action.wait)
            return after(state, action, now)
        return self._take(state, action, judgement)

    def _take(self, state: State, action: Action, judgement: Judgement | None) -> State:
        """Announce ``action``, take it, and say that it was taken."""
        if records.unfinished(self.journal.entries) != action:
            self._write(records.INTENT, {"action": records.action_record(action)})
        try:
            taken = self._act(state, action, judgement)
        except (EffectError, DeployError, BadInputError) as error:
            failed = {"action": records.action_record(action), "reason": str(error)}
            self._write(records.FAILED, failed)
            return self._take(state, self._instead(state, action, str(error)), None)
        done = {"action": records.action_record(action), "state": records.state_record(taken)}
        self._write(records.DONE, done)
        self._tell(taken, action)
        return taken

    def _act(self, state: State, action: Action, judgement: Judgement | None) -> State:
        lanes = Lanes(self.world, self.subject)
        match action:
            case Enter(stage=index):
                stage = state.plan.stages[index]
                if state.current is None:
                    lanes.prepare()
                zero = self.world.gateways.scrape()
                lanes.enter(stage, self._passed(state, judgement))
                state = after(state, action, self._now())
                if stage.kind is not Kind.REMOVE:
                    self._new_steps(state, zero)
                return state
            case Rollback():
                lanes.rollback(action)
                lanes.clear()
            case Resume():
                self._steps = {}
                self._new_steps(state, self.world.gateways.scrape())
        return after(state, action, self._now())

    def _instead(self, state: State, action: Action, reason: str) -> Action:
        """What follows an action that could not be taken: a step that was not reached goes back.

        Once stable serves the new version there is nothing to go back to in a hurry.
        """
        if not isinstance(action, Enter):
            return Pause(reason=reason)
        kinds = {stage.kind for stage in state.plan.stages[: action.stage + 1]}
        if kinds & {Kind.RETURN, Kind.REMOVE}:
            return Pause(reason=reason)
        restore = Kind.REPLACE in kinds
        return Rollback(weight=state.plan.rollback_to, reason=reason, restore_stable=restore)

    def _passed(self, state: State, judgement: Judgement | None) -> Pass | None:
        if judgement is None or judgement.verdict is not Verdict.PASS or state.current is None:
            return None
        return Pass(weight=state.current.weight, verdict=judgement.sha256)

    def _scraped(self) -> tuple[Mapping[str, str], str]:
        """What all gateways say, or why that cannot be known."""
        try:
            return self.world.gateways.scrape(), ""
        except EffectError as error:
            return {}, str(error)

    def _poll(self, state: State, scrapes: Mapping[str, str], service: str) -> Poll:
        now = self._now()
        if isinstance(self.subject, FeatureSubject):
            return readings.feature_poll(scrapes, service, now)
        return readings.version_poll(scrapes, service, now, candidate(state))

    def _new_steps(self, state: State, zero: Mapping[str, str]) -> None:
        if candidate(state) == "stable":
            # Another version is the candidate from here on, with evidence of its own.
            self._steps = {}
        for service in self.subject.services:
            step = Step(weight=share(state), polls=(self._poll(state, zero, service),))
            self._steps.setdefault(service, []).append(step)

    def _judged(self, state: State, scrapes: Mapping[str, str], fault: str) -> Judgement | None:
        """The verdict at this moment; None before the first stage."""
        if state.current is None:
            return None
        return worst_of(
            [self._judge(state, scrapes, fault, service) for service in self.subject.services]
        )

    def _judge(
        self, state: State, scrapes: Mapping[str, str], fault: str, service: str
    ) -> Judgement:
        steps = self._steps[service]
        if not fault:
            polls = (*steps[-1].polls, self._poll(state, scrapes, service))
            steps[-1] = replace(steps[-1], polls=without_repeats(polls))
        is_feature = isinstance(self.subject, FeatureSubject)
        tried: readings.Track = "stable" if is_feature else candidate(state)
        other: readings.Track = "canary" if tried == "stable" else "stable"
        evidence = Evidence(
            service=service,
            bounds_ms=DURATION_BUCKETS_MS,
            steps=tuple(steps),
            candidate=self._health(scrapes, service, tried),
            control=None if is_feature else self._health(scrapes, service, other),
            arms_told_apart=not is_feature,
            faults=(fault,) if fault else (),
        )
        judgement = judge(self.gates[service], evidence)
        self._keep(service, evidence, judgement)
        return judgement

    def _health(self, scrapes: Mapping[str, str], service: str, track: readings.Track) -> Health:
        up, every = readings.instances(scrapes, service, track)
        key = f"{service}_{track}"
        now = self._now()
        if up:
            self._down_since.pop(key, None)
        down = 0.0 if up else now - self._down_since.setdefault(key, now)
        return Health(expected=every, up=up, down=down)

    def _keep(self, service: str, evidence: Evidence, judgement: Judgement) -> None:
        """Journal a verdict that differs from the last one, with what it rests on."""
        if judgement.verdict == self._verdicts.get(service):
            return
        self._verdicts[service] = judgement.verdict
        bundle = Bundle(args=self.gates[service], evidence=evidence).json
        log = f"{self.journal.log}/evidence/{judgement.sha256}"
        records.save_text(self.world.store, log, bundle)
        self._write(records.VERDICT, records.judgement_record(judgement))

    def _is_warm(self, state: State, scrapes: Mapping[str, str]) -> bool:
        if state.current is None or state.current.kind is not Kind.REPLACE:
            return False
        counts = [readings.instances(scrapes, name, "stable") for name in self.subject.versioned]
        return all(0 < every <= up for up, every in counts)

    def _keep_lease(self, now: float) -> None:
        if now - self._renewed >= RENEW_SECONDS:
            self.lease.renew(self.world.clock.now())
            self._renewed = now

    def _tell(self, state: State, action: Action) -> None:
        words = {
            Phase.PAUSED: "paused",
            Phase.PROMOTED: "promoted",
            Phase.ROLLED_BACK: "rolled_back",
        }
        name = self.subject.name
        event = words.get(state.phase, "step")
        at = f" at {state.weight} %" if isinstance(action, Enter) else ""
        self.world.notifier.tell(event, f"{name}{at}: {state.reason or event}")

    def _write(self, kind: str, data: Mapping[str, object]) -> None:
        self.journal.write(kind, data, self.world.clock.now())

    def _now(self) -> float:
        return self.world.clock.now().timestamp()


def candidate(state: State) -> readings.Track:
    """Which track is under judgement: stable, once it is the new version and serves everybody."""
    kind = state.current.kind if state.current is not None else None
    return "stable" if kind in (Kind.RETURN, Kind.REMOVE) else "canary"


def share(state: State) -> int:
    """The per cent of the users that the candidate should have."""
    return EVERYBODY if candidate(state) == "stable" else state.weight


__all__ = ["Controller", "Finish", "Interrupted", "RollbackError"]
