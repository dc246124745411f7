"""Replicas by the clock: weekly windows of more replicas in a time zone.

The data are those of KEDA's cron scaler: ``timezone``, ``start``, ``end`` and the desired replicas
of a window, and, outside all windows, KEDA's ``minReplicaCount``. KEDA takes the greatest of its
triggers and refuses a window of 0 replicas, so a window can only raise the number.

KEDA calls a window active while its next end comes before its next start
(``pkg/scalers/cron_scaler.go``, v2.21.0). That is not what a reader expects where a window has
more starts than ends, or where the clocks skip or repeat an edge: both are refused.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from fractions import Fraction
from functools import cache, cached_property
from itertools import combinations
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from .types import STRICT, Count, Name, Switch
from .weekly import DAY, WEEK, moments

AHEAD = timedelta(days=2 * 366)
"""How far clock changes are looked for; the zones' rules are seldom known for longer."""


def _zone(name: str) -> str:
    zones = available_timezones()
    if name in zones:
        return name
    close = get_close_matches(name, zones, n=3)
    hint = f"; did you mean {' or '.join(close)}?" if close else ", such as Europe/Berlin or UTC"
    message = f"is no time zone of the IANA database{hint}"
    raise ValueError(message)


def _weekly(text: str) -> str:
    moments(text)
    return text


TimeZone = Annotated[str, AfterValidator(_zone)]
WeeklyCron = Annotated[str, AfterValidator(_weekly)]
"""``MINUTE HOUR * * DAYS``: ``0 7 * * mon-fri``."""
Replicas = Annotated[int, Field(strict=True, ge=0)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class WindowArgs:
    """A time that comes back every week, from each ``start`` to the next ``end``."""

    name: Name
    start: WeeklyCron
    end: WeeklyCron
    replicas: Count
    """How many run at least during the window."""

    @model_validator(mode="after")
    def _starts_and_ends_take_turns(self) -> "WindowArgs":
        starts, ends = moments(self.start), moments(self.end)
        edges = sorted([(at, "start") for at in starts] + [(at, "end") for at in ends])
        turns = zip(edges, [*edges[1:], edges[0]], strict=True)
        if set(starts) & set(ends) or any(this == following for (_, this), (_, following) in turns):
            raise ValueError(
                f"window {self.name}: each start ({self.start}) must be followed by one end "
                f"({self.end}) before the next start; KEDA would see another window than you mean. "
                "Name the same number of days in both"
            )
        return self

    @cached_property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Start and end of each part in minutes since Sunday 00:00; cut at the end of the week."""
        ends = moments(self.end)
        found = []
        for start in moments(self.start):
            end = ends[bisect_right(ends, start) % len(ends)]
            found += [(start, end)] if start < end else [(start, WEEK), (0, end)]
        return tuple(sorted(span for span in found if span[0] < span[1]))


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ScheduleArgs:
    """How many replicas run when. Clock changes are the zone's."""

    timezone: TimeZone
    """A name of the IANA time zone database, such as Europe/Berlin."""
    outside: Replicas
    """How many run outside the windows, at night and at weekends say."""
    windows: tuple[WindowArgs, ...]
    """When more run. No two may overlap."""
    allow_zero: Switch = False
    """Production may have no replica outside the windows."""

    @model_validator(mode="after")
    def _windows_are_apart_and_do_something(self) -> "ScheduleArgs":
        if not self.windows:
            # A length on the field would be a second, wrong complaint about a bad window.
            message = "windows is empty; a schedule needs one or more"
            raise ValueError(message)
        for window in self.windows:
            if window.replicas <= self.outside:
                raise ValueError(
                    f"window {window.name} has {window.replicas} replicas and outside is "
                    f"{self.outside}: it changes nothing; raise its replicas or lower outside"
                )
        for one, other in combinations(self.windows, 2):
            if any(a < d and c < b for a, b in one.spans for c, d in other.spans):
                message = f"windows {one.name} and {other.name} overlap; end one before the other"
                raise ValueError(message)
        return self

    @property
    def peak(self) -> int:
        """The greatest number of replicas."""
        return max(window.replicas for window in self.windows)

    @property
    def mean(self) -> Fraction:
        """Replicas on the average of a week without a clock change."""
        extra = sum(
            (window.replicas - self.outside) * (end - start)
            for window in self.windows
            for start, end in window.spans
        )
        return self.outside + Fraction(extra, WEEK)

    def replicas_at(self, instant: datetime) -> int:
        """How many run at ``instant``, which has a time zone; any will do."""
        local = instant.astimezone(ZoneInfo(self.timezone))
        minute = local.isoweekday() % 7 * DAY + local.hour * 60 + local.minute
        for window in self.windows:
            if any(start <= minute < end for start, end in window.spans):
                return window.replicas
        return self.outside


def problems(schedule: ScheduleArgs, *, production: bool, today: date) -> Iterator[str]:
    """What is wrong with ``schedule`` in its surroundings, a sentence each."""
    if production and not schedule.outside and not schedule.allow_zero:
        yield (
            "outside is 0, which leaves production without a replica for a part of the week; set "
            "outside to 1 or more, or allow_zero: true"
        )
    zone = schedule.timezone
    if day := _change_that_keda_loses(zone, today):
        yield (
            f"timezone is {zone}, whose clocks change on {day} at midnight or by part of an hour; "
            "KEDA's cron loses its place there and a window would be lost or stretched by a day. "
            "Take a zone whose clocks do not change, such as UTC or Etc/GMT+4 (4 hours behind it)"
        )
        return
    for window in schedule.windows:
        for key, cron in (("start", window.start), ("end", window.end)):
            if day := change_at(cron, zone, today):
                yield (
                    f"{key} of window {window.name} ({cron}) falls on {day} into the hour that the "
                    f"clocks of {zone} skip or repeat, and KEDA would stretch or lose the window; "
                    "take a time some hours away"
                )


@cache
def _change_that_keda_loses(zone: str, today: date) -> date | None:
    """The first day that has no midnight, or moves the clocks by part of an hour.

    ``Next`` of robfig/cron v3.0.1 counts days from midnight and hours from the full hour.
    """
    for ahead in range(AHEAD.days):
        midnight = datetime.combine(today + timedelta(days=ahead), time(), ZoneInfo(zone))
        skipped = _offset(midnight) < _offset(midnight.replace(fold=1))
        moved = _offset(midnight + timedelta(days=1)) - _offset(midnight)
        if skipped or moved % timedelta(hours=1):
            return midnight.date()
    return None


@cache
def change_at(cron: str, zone: str, today: date) -> date | None:
    """The first day on which a moment of ``cron`` is skipped or comes twice."""
    for minute in moments(cron):
        weekday, at = divmod(minute, DAY)
        first = today + timedelta(days=(weekday - today.isoweekday()) % 7)
        for week in range(AHEAD.days // 7):
            day = first + timedelta(weeks=week)
            moment = datetime.combine(day, time(*divmod(at, 60)), ZoneInfo(zone))
            if _offset(moment) != _offset(moment.replace(fold=1)):
                return day
    return None


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()
