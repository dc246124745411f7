"""The rows as text, for people, and as data, for tools.

``{"version": 1, "subject", "healthy", "rows": [{"subject", "asked", "answer", "verdict":
"ok|note|failed", "seconds", "advice"}]}``
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from .rows import Verdict, healthy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from .rows import Row

VERSION = 1
STYLES = {Verdict.OK: "green", Verdict.NOTE: "yellow", Verdict.FAILED: "red"}


def render(subject: str, rows: Sequence[Row], *, deploy: str | None = None) -> RenderableType:
    """The table, what to do about each row that is not well, and the outcome.

    ``deploy``: the command that brings ``subject`` about, which is the one thing to say where
    nothing of it answers.
    """
    if deploy and len(rows) > 1 and all(row.verdict is Verdict.FAILED for row in rows):
        words = f"nothing of {subject} answers; if it is not deployed, {deploy} does that"
        return Group(_table(rows), Text(), Text(words, style="bold red"))
    advice = [Text(line) for line in _advice(rows)]
    return Group(_table(rows), *([Text(), *advice] if advice else []), Text(), _end(subject, rows))


def to_json(subject: str, rows: Sequence[Row]) -> str:
    """One document."""
    document = {
        "version": VERSION,
        "subject": subject,
        "healthy": healthy(rows),
        "rows": [
            {
                "subject": row.subject,
                "asked": row.asked,
                "answer": row.answer,
                "verdict": row.verdict.value,
                "seconds": round(row.seconds, 3),
                "advice": row.advice,
            }
            for row in rows
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _advice(rows: Sequence[Row]) -> Iterator[str]:
    """A line for each thing to do, with all that it is for."""
    for advice in dict.fromkeys(row.advice for row in rows if row.advice):
        yield f"{', '.join(row.subject for row in rows if row.advice == advice)}: {advice}"


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("asked", overflow="fold")
    table.add_column("answer", overflow="fold")
    timed = any(row.seconds for row in rows)
    if timed:
        table.add_column("ms", justify="right", no_wrap=True)
    for row in rows:
        mark = Text(row.verdict.value, style=STYLES[row.verdict])
        milliseconds = [_milliseconds(row.seconds)] if timed else []
        table.add_row(mark, row.subject, row.asked, row.answer, *milliseconds)
    return table


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.0f}" if seconds else ""


def _end(subject: str, rows: Sequence[Row]) -> Text:
    failed = [row.subject for row in rows if row.verdict is Verdict.FAILED]
    if not failed:
        return Text(f"{subject} is healthy", style="bold")
    names = ", ".join(dict.fromkeys(failed))
    return Text(f"{subject} is unhealthy: {names}", style="bold red")
