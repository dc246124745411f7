"""A year of schedules, quarter of an hour by quarter of an hour, against KEDA's own rule.

KEDA asks for the next start and the next end, as its cron library finds them by local time, and
calls the window active when the end comes first (``cron_scaler.go`` of v2.21.0).
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from components.schedules import ScheduleArgs, WindowArgs, problems
from components.weekly import DAY, moments

QUARTER = timedelta(minutes=15)
YEAR = datetime(2027, 1, 1, tzinfo=UTC)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney")
WINDOWS = (
    ("0 7 * * mon-fri", "0 20 * * mon-fri"),
    ("30 21 * * *", "45 5 * * *"),
    ("0 18 * * fri", "0 7 * * mon"),
    ("0 12 * * sat", "15 4 * * sun"),
)


def quarters(start: datetime, days: int) -> Iterator[datetime]:
    for number in range(days * 96):
        yield start + number * QUARTER


def strikes(cron: str, zone: str) -> list[datetime]:
    """When ``cron`` strikes in the year and the weeks beside it: by the clocks on the wall."""
    wanted = set(moments(cron))
    found = []
    for instant in quarters(YEAR - timedelta(days=14), 365 + 28):
        local = instant.astimezone(ZoneInfo(zone))
        if local.isoweekday() % 7 * DAY + local.hour * 60 + local.minute in wanted:
            found.append(instant)
    return found


def schedule(start: str, end: str, zone: str) -> ScheduleArgs:
    window = WindowArgs(name="w", start=start, end=end, replicas=1)
    return ScheduleArgs(timezone=zone, outside=0, windows=(window,))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("start", "end"), WINDOWS)
def test_a_year_is_as_keda_will_see_it(start: str, end: str, zone: str) -> None:
    ours = schedule(start, end, zone)
    starts, ends = strikes(start, zone), strikes(end, zone)

    differing = [
        instant
        for instant in quarters(YEAR, 365)
        if ours.replicas_at(instant)
        != (ends[bisect_right(ends, instant)] <= starts[bisect_right(starts, instant)])
    ]

    assert not [*problems(ours, production=False, today=date(2027, 1, 1))]
    assert differing == []


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("start", "end"), WINDOWS)
def test_the_mean_of_a_week_is_the_mean_of_the_year(start: str, end: str, zone: str) -> None:
    ours = schedule(start, end, zone)

    active = sum(ours.replicas_at(instant) for instant in quarters(YEAR, 364))

    # 52 weeks; local time is some hours off the UTC year, and clocks move by one hour and back.
    assert abs(active / 4 - float(ours.mean) * 364 * 24) <= 14


def hours(found: ScheduleArgs, first: datetime, last: datetime) -> float:
    count = int((last - first) / QUARTER)
    return sum(found.replicas_at(first + number * QUARTER) for number in range(count)) / 4


def test_a_night_is_an_hour_shorter_when_clocks_go_forward_and_longer_when_they_go_back() -> None:
    night = schedule("0 22 * * *", "0 6 * * *", "Europe/Berlin")
    noon = datetime(2027, 3, 26, 11, tzinfo=UTC)
    autumn = datetime(2027, 10, 30, 10, tzinfo=UTC)

    assert hours(night, noon, noon + timedelta(days=1)) == 8
    assert hours(night, noon + timedelta(days=1), noon + timedelta(days=2)) == 7
    assert hours(night, autumn, autumn + timedelta(days=1)) == 9


def test_office_hours_of_2027_are_261_working_days_of_13_hours() -> None:
    office = schedule("0 7 * * mon-fri", "0 20 * * mon-fri", "Europe/Berlin")

    assert hours(office, YEAR, YEAR + timedelta(days=365)) == 261 * 13
