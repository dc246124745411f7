"""How a rollout looks while it runs: a table on a terminal, a line for each change elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .core import Hold, Kind
from .observer import share

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from .core import Action, Judgement, State

COLOURS = {"pass": "green", "fail": "red", "error": "yellow", "inconclusive": "cyan"}


def picture(state: State, judgement: Judgement | None, note: str) -> Group:
    """Where the rollout stands, and what each gate says."""
    stage = state.current
    where = (
        f"stage {state.stage + 1} of {len(state.plan.stages)}: {stage.kind} {share(state)} %"
        if stage is not None
        else "before the first step"
    )
    table = Table(box=None, pad_edge=False)
    for column in ("gate", "verdict", "why"):
        table.add_column(column, overflow="fold")
    for gate in judgement.gates if judgement is not None else ():
        table.add_row(gate.gate, Text(gate.verdict, COLOURS[gate.verdict]), gate.reason)
    head = Text(f"{state.plan.subject}: {where}", style="bold")
    return Group(head, table, Text(note, style="dim"))


class Watching:
    """Follows a controller; ``line`` takes one line for each change."""

    def __init__(self, console: Console, line: Callable[[str], None]) -> None:
        self._line = line
        self._live = (
            Live(console=console, auto_refresh=False, transient=False)
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
        note = action.reason if isinstance(action, Hold) else type(action).__name__.lower()
        if self._live:
            self._live.update(picture(state, judgement, note), refresh=True)
            return
        verdict = judgement.verdict if judgement is not None else "nothing to judge"
        kind = state.current.kind if state.current is not None else Kind.SHIFT
        change = f"{kind} {share(state)} %: {verdict}"
        if change != self._said:
            self._said = change
            self._line(f"{state.plan.subject}: {change} ({note.partition(';')[0]})")
