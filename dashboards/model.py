"""What a board shows: plain data. ``render`` knows how Grafana writes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["lines", "stacked", "stat", "states", "table", "text"]
"""``lines`` and ``stacked`` are over time, ``states`` are coloured bars over time, ``stat`` and
``table`` say what is true at the end of the time that is shown, ``text`` is Markdown."""

WIDTH = 24
"""Columns of Grafana's grid."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """A PromQL expression, and the name of each of its series (``{{label}}`` is its value)."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, kw_only=True)
class State:
    """What a value means to people, and how it looks."""

    text: str
    colour: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One picture. ``alerts`` are those that watch the same quantity, in the same unit.

    A graph draws where each of them fires in this stack; a number takes their colours. ``no_data``
    says what it means that there is nothing. ``text`` is the Markdown of a panel without queries.
    """

    title: str
    description: str
    unit: str = "none"
    queries: tuple[Query, ...] = ()
    no_data: str = ""
    kind: Kind = "lines"
    width: int = 8
    height: int = 8
    alerts: tuple[str, ...] = ()
    states: Mapping[int, State] = field(default_factory=lambda: MappingProxyType({}))
    decimals: int | None = None
    log: bool = False
    maximum: float | None = None
    steps: bool = False
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Panels under one heading, from left to right; a line that is full goes on below."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number that whoever looks at the board may change."""

    name: str
    label: str
    description: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Board:
    """A dashboard. ``jobs`` are the scrape jobs that it offers to choose from; empty means all.

    ``service`` is the one it is about; empty lets people choose among those behind the gateway.
    """

    uid: str
    description: str
    rows: tuple[Row, ...]
    jobs: tuple[str, ...] = ()
    service: str = ""
    time: str = "now-6h"
    numbers: tuple[Number, ...] = ()

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All panels, in the order in which they are read."""
        return tuple(panel for row in self.rows for panel in row.panels)
