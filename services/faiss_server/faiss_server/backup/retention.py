"""Which backups are kept. Pure, and no clock decides: days are counted by the backups themselves.

A stack that makes no more backups therefore loses none to the passing of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .names import made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Retention:
    """The newest ``last``, and the newest of each of the latest days and weeks that have any."""

    last: int = 7
    daily: int = 14
    weekly: int = 8


def expired(backups: Iterable[str], keep: Retention) -> list[str]:
    """The names of those that are no longer kept, oldest first. The newest is always kept."""
    newest_first = sorted(backups, reverse=True)
    kept = set(newest_first[: max(1, keep.last)])
    kept |= _newest_of_each(newest_first, keep.daily, lambda moment: moment.date())
    kept |= _newest_of_each(newest_first, keep.weekly, lambda moment: moment.isocalendar()[:2])
    return sorted(set(newest_first) - kept)


def _newest_of_each(
    newest_first: list[str], count: int, period: Callable[[datetime], object]
) -> set[str]:
    found: dict[object, str] = {}
    for name in newest_first:
        found.setdefault(period(made(name)), name)
    return set(list(found.values())[:count])
