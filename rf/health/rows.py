"""One line of the table: what was asked, what came back, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Verdict(Enum):
    """What an answer comes to."""

    OK = "ok"
    NOTE = "note"
    """Worth a look, and no reason to call the platform unhealthy."""
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Row:
    """``seconds``: how long the answer took. ``advice``: what to do, where something is wrong."""

    subject: str
    asked: str
    answer: str
    verdict: Verdict
    seconds: float = 0.0
    advice: str = ""


def healthy(rows: Iterable[Row]) -> bool:
    """Whether nothing failed."""
    return all(row.verdict is not Verdict.FAILED for row in rows)
