"""The controller: reads, judges, decides, journals, acts, and journals again.

Killed at any instruction, ``resume`` goes on from the journal: an action that was announced and not
reported is taken again, and evidence begins anew at the step that was reached.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ..errors import BadInputError
from . import drift, records
from .acts import Acts, BlindError, UnrecordedError, way_back
from .core import Enter, Hold, Pause, Phase, Resume, Rollback, Verdict, after, decide
from .effects import EffectError
from .lanes import Interrupted, RollbackError
from .ledger import Ledger
from .observer import Observer
from .store import StoreError
from .subject import Pass
from .telemetry import Telemetry
from .world import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .commands import Commands
    from .core import Action, Command, Counts, GateArgs, Judgement, State
    from .journal import Journal
    from .lease import Lease
    from .observer import Look
    from .subject import Subject
    from .world import World


@dataclass(kw_only=True)
class Controller:
    """One rollout. ``gates`` by service; ``ended`` says whether the process was asked to end.

    ``settings`` is the fingerprint of those settings that are no part of this rollout.
    """

    world: World
    journal: Journal
    lease: Lease
    commands: Commands
    subject: Subject
    gates: Mapping[str, GateArgs]
    settings: str
    history: Mapping[str, tuple[Counts, ...]] = field(default_factory=dict)
    ended: Callable[[], bool] = lambda: False
    watch: Callable[[State, Judgement | None, Action], None] = lambda *_: None

    def __post_init__(self) -> None:
        """Make the parts that are this controller's own."""
        self._ledger = Ledger(self.world, self.journal, self.lease)
        self._observer = Observer(self.world, self.subject, self.gates, self.history)
        begun = datetime.fromisoformat(self.journal.entries[0].at).timestamp()
        self._telemetry = Telemetry(self.world, self.subject, begun)
        self._verdict: Verdict | None = None
        self._acts = Acts(self.world, self.subject, self._observer, self.ended)
        self._compared = False

    def run(self, state: State, command: Command | None = None) -> State:
        """Go on from ``state`` until the rollout has ended or waits for a person.

        ``command`` is what a person asks for first. Interrupted when the process was asked to end,
        RollbackError when a rollback failed, StoreError when nothing was changed and nothing can be
        recorded, UnrecordedError when something was.
        """
        self._acts.touched(state.stage)
        try:
            return self._run(state, command)
        except (RollbackError, StoreError, UnrecordedError):
            self._telemetry.waits(state)
            raise

    def _run(self, state: State, command: Command | None) -> State:
        try:
            return self._go_on(state, command)
        except StoreError as error:
            raise self._acts.without_record(state, error) from None

    def _go_on(self, state: State, command: Command | None) -> State:
        self._show(state)
        unfinished = records.unfinished(self.journal.entries)
        if unfinished is not None:
            state = self._take(state, unfinished, None)
        if command is not None and state.phase in (Phase.RUNNING, Phase.PAUSED):
            state = self._asked(state, command)
        if not self._observer.is_judging:
            # Evidence begins anew, and so does the time that there is for it.
            state = replace(state, since=self._now())
        while state.phase is Phase.RUNNING:
            if self.ended():
                raise Interrupted
            state = self._once(state)
        return state

    def _asked(self, state: State, command: Command) -> State:
        """What a person asks of a rollout that no controller is at work on."""
        if command == "promote" and self._ledger.has_failed:
            raise BadInputError(
                "the last verdict is fail, so nobody can promote it; rf rollout resume gathers new "
                "evidence, rf rollout abort takes it back"
            )
        action = decide(state, None, self._now(), command=command)
        return self._take(state, action, None)

    def _once(self, state: State) -> State:
        self._ledger.keep_lease()
        command = self.commands.next()
        look = self._observer.look()
        judgement = self._judged(state, look)
        action = self._before_anything(state, look) if state.stage < 0 else None
        if action is None:
            warm = self._observer.is_warm(state, look)
            action = decide(state, judgement, look.at, command=command, warm=warm)
        if isinstance(action, Enter | Hold):
            action = self._unless_edited(state, action)
        self.watch(state, judgement, action)
        if isinstance(action, Hold):
            self._show(state)
            self.world.clock.sleep(action.wait)
            return after(state, action, look.at)
        return self._take(state, action, judgement)

    def _before_anything(self, state: State, look: Look) -> Action | None:
        """While nothing was changed, gateways that do not answer are no reason to roll back."""
        if not look.fault:
            return None
        pace = state.plan.pace
        if state.blind < pace.retries:
            return Hold(wait=pace.retry_wait, reason=look.fault, blind=state.blind + 1)
        return Pause(reason=f"nothing was changed yet: {look.fault}")

    def _judged(self, state: State, look: Look) -> Judgement | None:
        """The verdict at this moment; None before the first stage."""
        if state.current is None:
            return None
        if not self._observer.is_judging and not look.fault:
            self._observer.begin_step(state, look)
        judgement = self._observer.judge(state, look)
        if judgement.verdict != self._verdict:
            self._verdict = judgement.verdict
            self._on_record(judgement.service)
        return judgement

    def _on_record(self, service: str) -> Judgement | None:
        bundle = self._observer.bundle(service)
        return self._ledger.keep(bundle) if bundle else None

    def _unless_edited(self, state: State, action: Action) -> Action:
        """``action``, unless somebody has changed the stack file under this rollout.

        That is asked before each step, and when a process goes on.
        """
        if isinstance(action, Hold) and self._compared:
            return action
        self._compared = True
        try:
            current = self.world.desired.current()
        except BadInputError as error:
            return Pause(reason=str(error))
        said = drift.differences(current, self.subject, state, settings=self.settings)
        return Pause(reason=said) if said else action

    def _take(self, state: State, action: Action, judgement: Judgement | None) -> State:
        """Announce ``action``, take it, and say that it was taken."""
        passed = self._announce(state, action, judgement)
        try:
            began = self._now()
            taken = self._acts.take(state, action, passed, self.settings)
        except (EffectError, DeployError, BadInputError) as error:
            failed = {"action": records.action_record(action), "reason": str(error)}
            self._ledger.write(records.FAILED, failed)
            return self._take(state, self._instead(state, action, error), None)
        if isinstance(action, Resume):
            current = self.world.desired.current()
            self.settings = drift.fingerprint(current, self.subject)
        done = {
            "action": records.action_record(action),
            "state": records.state_record(taken),
            "settings": self.settings,
        }
        self._ledger.write(records.DONE, done)
        if isinstance(action, Rollback):
            self._telemetry.rolled_back(state, began, judged=judgement is not None)
        self._tell(taken, action)
        self._show(taken)
        return taken

    def _announce(self, state: State, action: Action, judgement: Judgement | None) -> Pass | None:
        """Write the intent, with the verdict that it rests on: the policies ask for that, too.

        Whoever takes an announced action again has the verdict from its record. A step that a
        person promoted has the verdict that there was, and says that it was no pass.
        """
        entry = records.last(self.journal.entries, records.INTENT, records.DONE)
        if entry and entry.kind == records.INTENT and records.unfinished([entry]) == action:
            passed = entry.data["passed"]
            return Pass(**passed) if passed else None
        found = None
        if isinstance(action, Enter) and state.current is not None:
            kept = self._on_record(judgement.service) if judgement is not None else None
            sha256 = kept.sha256 if kept else self._ledger.last_verdict.get("sha256")
            if sha256:
                weight, forced = state.current.weight, action.forced
                found = Pass(weight=weight, verdict=sha256, forced=forced)
        elif isinstance(action, Rollback) and judgement is not None:
            self._on_record(judgement.service)
        intent = {
            "action": records.action_record(action),
            "passed": asdict(found) if found else None,
            "commands": self.commands.seen,
        }
        self._ledger.write(records.INTENT, intent)
        return found

    def _instead(self, state: State, action: Action, error: Exception) -> Action:
        """What follows an action that could not be taken: a step that was not reached goes back.

        Once stable serves the new version there is nothing to go back to in a hurry.
        """
        reason = str(error)
        if not isinstance(action, Enter) or isinstance(error, BlindError):
            return Pause(reason=reason)
        return way_back(state, action.stage, reason) or Pause(reason=reason)

    def _tell(self, state: State, action: Action) -> None:
        words = {
            Phase.PAUSED: "paused",
            Phase.PROMOTED: "promoted",
            Phase.ROLLED_BACK: "rolled_back",
        }
        event = words.get(state.phase, "step")
        stage = state.current if isinstance(action, Enter) and event == "step" else None
        said = [self.subject.name, stage.words if stage else "", state.reason]
        self.world.notifier.tell(event, ": ".join(part for part in said if part))

    def _show(self, state: State) -> None:
        self._telemetry.show(state, self._observer.judgements)

    def _now(self) -> float:
        return self.world.clock.now().timestamp()
