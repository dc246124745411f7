"""Tables at the very end of a run: what a tier started for real, and what not and why.

A test leaves its table with ``record_property(TABLE, …)``; where workers run the tests, reports
are the one thing that reaches the process that prints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest import TerminalReporter  # noqa: PT013 only the name, for annotations

TABLE = "table"


def table(title: str, rows: Iterable[tuple[str, str]]) -> tuple[str, list[str]]:
    """A table of two columns, as ``record_property`` takes it."""
    found = list(rows)
    width = max(len(left) for left, _ in found)
    return title, [f"{left:<{width}}  {right}" for left, right in found]


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print every table that a test left."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == TABLE and report.when == "call":
                    title, lines = value
                    terminalreporter.section(title)
                    for line in lines:
                        terminalreporter.write_line(line)
