"""Keeps the Pushgateway up to date while a rollout goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .core import Phase
from .metrics import PAUSED, Standing, exposition, group, state_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .core import Judgement, State
    from .subject import Subject
    from .world import World

REPEAT_SECONDS = 15
"""As often as Prometheus reads it. A change is pushed at once."""


class Telemetry:
    """The metrics of one rollout, which was begun at ``begun`` (Unix seconds)."""

    def __init__(self, world: World, subject: Subject, begun: float) -> None:
        self._world = world
        self._subject = subject
        self._begun = begun
        self._took: dict[str, float] = {}
        self._said: object = None
        self._pushed = 0.0
        self._state: tuple[Phase, float] | None = None
        self._since = 0.0

    def rolled_back(self, state: State, began: float, *, judged: bool) -> None:
        """A rollback that ``began`` at that moment is done; ``judged``: a verdict asked for it."""
        self._took["rollout_rollback_seconds"] = self._now() - began
        if judged:
            self._took["rollout_detection_seconds"] = began - state.since

    def show(self, state: State, judgements: Mapping[str, Judgement]) -> None:
        """Say where it stands, when that has changed or it is time."""
        now = self._now()
        running = state.phase is Phase.RUNNING
        entered = (state.phase, state.since if running else 0.0)
        if entered != self._state:
            self._state, self._since = entered, state.since if running else now
        standing = self._standing(state, judgements, now)
        verdicts = [gate.verdict for each in judgements.values() for gate in each.gates]
        said = (entered, standing.weight, verdicts)
        if said != self._said or now - self._pushed >= REPEAT_SECONDS:
            self._said, self._pushed = said, now
            self._push(standing)

    def _standing(self, state: State, judgements: Mapping[str, Judgement], now: float) -> Standing:
        ended = state.phase in (Phase.PROMOTED, Phase.ROLLED_BACK)
        back = state.phase is Phase.ROLLED_BACK
        return Standing(
            subject=self._subject,
            weight=state.plan.rollback_to if back else state.weight,
            state=state_of(state.phase),
            since=self._since,
            judgements={} if ended else judgements,
            took={"rollout_duration_seconds": now - self._begun, **self._took} if ended else {},
            status=str(state.phase) if ended else "",
        )

    def waits(self, state: State) -> None:
        """It went back in part or without a record, and waits for somebody to mend it."""
        self._push(
            Standing(
                subject=self._subject,
                weight=state.plan.rollback_to,
                state=PAUSED,
                since=self._now(),
            )
        )

    def _push(self, standing: Standing) -> None:
        self._world.metrics.push(group(self._subject), exposition(standing))

    def _now(self) -> float:
        return self._world.clock.now().timestamp()
