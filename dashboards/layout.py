"""Where panels are: from left to right, and down when a line is full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import WIDTH
from .sdk import models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import Board, Panel, Row

HEADING = 1


def placed(
    board: Board,
) -> Iterator[tuple[Row, models.GridPos, list[tuple[Panel, models.GridPos]]]]:
    """Every row of ``board`` with the place of its heading and of each of its panels."""
    y = 0
    for row in board.rows:
        heading = models.GridPos(x=0, y=y, w=WIDTH, h=HEADING)
        panels, height = _row(row, y + HEADING)
        yield row, heading, panels
        y += HEADING + height


def _row(row: Row, top: int) -> tuple[list[tuple[Panel, models.GridPos]], int]:
    found = []
    x, y, line = 0, top, 0
    for panel in row.panels:
        if x + panel.width > WIDTH:
            x, y, line = 0, y + line, 0
        found.append((panel, models.GridPos(x=x, y=y, w=panel.width, h=panel.height)))
        x, line = x + panel.width, max(line, panel.height)
    return found, y + line - top
