"""How a rollout looks while it runs: a table on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .core import Enter, Hold, Pause, Resume, Rollback
from .observer import share

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from rich.console import RenderableType

    from .core import Action, Judgement, State

COLOURS = {"pass": "green", "fail": "red", "error": "yellow", "inconclusive": "cyan"}


def picture(state: State, judgement: Judgement | None, note: str, now: float) -> Group:
    """Where the rollout stands, what was counted, what each gate says, and what it waits for."""
    stage = state.current
    where = (
        f"stage {state.stage + 1} of {len(state.plan.stages)}, {stage.kind} {share(state)} %"
        if stage is not None
        else "before the first stage"
    )
    lines: list[RenderableType] = [
        Text(f"{state.plan.subject}: {where}; {time_left(state, now)}", style="bold"),
        Text(seen(judgement)),
    ]
    if judgement is not None:
        lines.append(_gates(judgement))
    if judgement is None or note not in "; ".join(judgement.reasons):
        lines.append(Text(note, style="dim"))
    return Group(*lines)


def _gates(judgement: Judgement) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("gate", "verdict", "why"):
        table.add_column(column, overflow="fold")
    for gate in judgement.gates:
        table.add_row(gate.gate, Text(gate.verdict, COLOURS[gate.verdict]), gate.reason)
    return table


def seen(judgement: Judgement | None) -> str:
    """What was counted in this stage so far: the weight, requests, errors."""
    if judgement is None:
        return "nothing is counted yet"
    counts = {gate.gate: gate.counts for gate in judgement.gates}
    share, errors = counts.get("share", {}), counts.get("error_rate", {})
    said = [f"weight asked {judgement.weight} %"]
    if share.get("of_all"):
        said.append(f"seen {100 * share['requests'] / share['of_all']:.1f} %")
    if errors:
        said.append(f"{errors['requests']:,} requests, {errors['events']:,} errors")
    return ", ".join(said)


def time_left(state: State, now: float) -> str:
    """The least that the plan takes from here on; waiting for evidence comes on top."""
    rest = sum(stage.hold for stage in state.plan.stages[state.stage + 1 :])
    here = state.since + state.current.hold - now if state.current is not None else 0.0
    return f"{duration(max(0.0, here) + rest)} left at least"


def duration(seconds: float) -> str:
    """``90`` as ``1:30 min``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02} h"
    return f"{minutes}:{rest:02} min" if minutes else f"{rest} s"


class Watching:
    """Follows a controller; ``line`` takes one line for each change, ``now`` gives Unix time.

    The table goes when the rollout ends: what stays on the terminal is what happened, line by line.
    """

    def __init__(
        self, console: Console, line: Callable[[str], None], now: Callable[[], float] = time.time
    ) -> None:
        self._line = line
        self._now = now
        self._live = (
            Live(console=console, auto_refresh=False, transient=True)
            if console.is_terminal
            else None
        )
        self._said = ""

    def __enter__(self) -> Self:
        if self._live:
            self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.__exit__(kind, error, trace)

    def say(self, line: str) -> None:
        """A line above the table, or by itself."""
        if self._live:
            self._live.console.print(Text(line))
        else:
            self._line(line)

    def __call__(self, state: State, judgement: Judgement | None, action: Action) -> None:
        """What the controller saw and is about to do."""
        note = doing(state, action)
        if self._live:
            self._live.update(picture(state, judgement, note, self._now()), refresh=True)
            return
        if judgement is None:
            change = note
        else:
            stage = state.current or state.plan.stages[0]
            change = f"{stage.kind} {share(state)} %: {judgement.verdict}"
            note = note.partition(";")[0]
        if change != self._said:
            self._said = change
            more = f" ({note})" if note != change else ""
            self._line(f"{state.plan.subject}: {change}{more}")


def doing(state: State, action: Action) -> str:
    """What the controller is about to do, or waits for."""
    match action:
        case Enter(stage=index):
            stage = state.plan.stages[index]
            first = "the new version comes up, then " if state.stage < 0 else ""
            return f"{first}stage {index + 1} begins: {stage.kind} {stage.weight} %"
        case Rollback(weight=weight, reason=reason):
            return f"goes back to {weight} %: {reason}"
        case Pause(reason=reason):
            return f"pauses: {reason}"
        case Hold(reason=reason):
            return reason
        case Resume():
            return "goes on"
    return "done"
