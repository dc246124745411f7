"""Which schedules are accepted, and what the others hear."""

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from components.schedules import ScheduleArgs, problems
from components.weekly import DAY, WEEK, moments

SCHEDULE = TypeAdapter(ScheduleArgs)
TODAY = date(2027, 1, 1)
OFFICE = {"name": "office", "start": "0 7 * * mon-fri", "end": "0 20 * * mon-fri", "replicas": 2}


def schedule(
    *windows: dict[str, Any], timezone: str = "Europe/Berlin", **other: Any
) -> ScheduleArgs:
    tree = {"timezone": timezone, "outside": 0, "windows": list(windows or [OFFICE]), **other}
    return SCHEDULE.validate_python(tree)


def window(start: str, end: str, name: str = "w", replicas: int = 2) -> dict[str, Any]:
    return {"name": name, "start": start, "end": end, "replicas": replicas}


def complaint(*windows: dict[str, Any], **other: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        schedule(*windows, **other)
    (error,) = raised.value.errors()
    message: str = error["msg"]
    return message.removeprefix("Value error, ")


def test_office_hours_are_replicas_by_day_and_none_at_night_or_on_weekends() -> None:
    office = schedule()

    # Berlin is an hour ahead of UTC in January; the 4th is a Monday.
    assert office.replicas_at(datetime(2027, 1, 4, 5, 59, tzinfo=UTC)) == 0
    assert office.replicas_at(datetime(2027, 1, 4, 6, 0, tzinfo=UTC)) == 2
    assert office.replicas_at(datetime(2027, 1, 4, 18, 59, tzinfo=UTC)) == 2
    assert office.replicas_at(datetime(2027, 1, 4, 19, 0, tzinfo=UTC)) == 0
    assert office.replicas_at(datetime(2027, 1, 9, 11, 0, tzinfo=UTC)) == 0
    # and two in July
    assert office.replicas_at(datetime(2027, 7, 5, 5, 0, tzinfo=UTC)) == 2
    assert (office.mean, office.peak) == (Fraction(2 * 5 * 13, 7 * 24), 2)


def test_a_weekend_is_one_window_across_the_end_of_the_week() -> None:
    weekend = schedule(window("0 18 * * fri", "0 7 * * mon", replicas=5), outside=1)

    # 6 hours of Friday, two days, 7 hours of Monday
    assert weekend.mean == 1 + Fraction(4 * (6 + 48 + 7), 7 * 24)
    assert weekend.replicas_at(datetime(2027, 1, 10, 12, tzinfo=UTC)) == 5
    assert weekend.replicas_at(datetime(2027, 1, 12, 12, tzinfo=UTC)) == 1


def test_windows_may_touch() -> None:
    both = schedule(
        window("0 6 * * *", "0 12 * * *", "morning", 2),
        window("0 12 * * *", "0 20 * * *", "day", 4),
    )

    assert both.replicas_at(datetime(2027, 1, 4, 10, 59, tzinfo=UTC)) == 2
    assert both.replicas_at(datetime(2027, 1, 4, 11, 0, tzinfo=UTC)) == 4


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("Europe/Berln", "did you mean Europe/Berlin"),
        ("europe/berlin", "did you mean Europe/Berlin"),
        ("", "such as Europe/Berlin"),
        ("../etc/passwd", "is no time zone"),
    ],
)
def test_a_zone_that_does_not_exist_is_refused(zone: str, hint: str) -> None:
    assert hint in complaint(timezone=zone)


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 7 * * *  ", "is no weekly cron expression"),
        ("*/5 7 * * *", "is no weekly cron expression"),
        ("0 7 1 * *", "is no weekly cron expression"),
        ("0 0 7 * * mon", "is no weekly cron expression"),
        ("@daily", "is no weekly cron expression"),
        ("60 7 * * *", "has no such time of day"),
        ("0 24 * * *", "has no such time of day"),
        ("0 7 * * 7", "days are sun, mon"),
        ("0 7 * * monday", "days are sun, mon"),
        ("0 7 * * mon,", "days are sun, mon"),
        ("0 7 * * fri-sun", "name each day, as fri,sat,sun"),
    ],
)
def test_what_is_no_weekly_time_is_refused(cron: str, expected: str) -> None:
    assert expected in complaint(window(cron, "0 20 * * *"))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0 7 * * mon-fri", "0 20 * * fri"),
        ("0 7 * * mon", "0 20 * * mon-fri"),
        ("0 7 * * *", "0 7 * * *"),
        ("0 7 * * mon", "0 7 * * mon"),
        ("0 7 * * *", "00 07 * * mon,tue,wed,thu,fri,sat,sun"),
    ],
)
def test_starts_and_ends_that_do_not_take_turns_are_refused(start: str, end: str) -> None:
    assert "each start" in complaint(window(start, end))


@pytest.mark.parametrize(
    "other",
    [
        window("0 6 * * mon", "1 7 * * mon", "other"),
        window("59 19 * * fri", "0 6 * * sat", "other"),
        window("0 0 * * sun", "0 12 * * wed", "other"),
        window("0 9 * * tue", "0 10 * * tue", "other"),
        window("0 8 * * wed", "0 7 * * wed", "other"),
    ],
)
def test_windows_that_overlap_are_refused_by_name(other: dict[str, Any]) -> None:
    assert "windows office and other overlap" in complaint(OFFICE, other)


def test_a_schedule_without_a_window_is_refused() -> None:
    with pytest.raises(ValidationError, match="windows is empty"):
        ScheduleArgs(timezone="UTC", outside=1, windows=())


def test_a_window_that_changes_nothing_is_refused() -> None:
    assert "it changes nothing" in complaint(outside=2)


def test_a_window_of_no_replicas_is_refused_as_keda_would() -> None:
    assert "greater than or equal to 1" in complaint({**OFFICE, "replicas": 0})


@pytest.mark.parametrize(
    ("production", "other", "refused"),
    [
        (True, {}, True),
        (True, {"outside": 1}, False),
        (True, {"allow_zero": True}, False),
        (False, {}, False),
    ],
)
def test_production_keeps_a_replica_unless_said_otherwise(
    *, production: bool, other: dict[str, Any], refused: bool
) -> None:
    found = [*problems(schedule(**other), production=production, today=TODAY)]

    assert ["outside is 0" in problem for problem in found] == [True] * refused


@pytest.mark.parametrize(
    ("zone", "edge", "day"),
    [
        # Skipped: 02:00 to 03:00 on the last Sunday of March.
        ("Europe/Berlin", "30 2 * * sun", "2027-03-28"),
        ("Europe/Berlin", "0 2 * * sun", "2027-03-28"),
        # Skipped: 02:00 to 03:00 on 14 March. Repeated: 01:00 to 02:00 on 7 November.
        ("America/New_York", "30 2 * * sun", "2027-03-14"),
        ("America/New_York", "0 1 * * sun", "2027-11-07"),
    ],
)
def test_an_edge_in_an_hour_that_the_clocks_skip_or_repeat_is_refused_with_the_day(
    zone: str, edge: str, day: str
) -> None:
    begins = schedule(window(edge, "0 12 * * sun"), timezone=zone)
    ends = schedule(window("0 12 * * sat", edge), timezone=zone)

    (of_start,) = problems(begins, production=False, today=TODAY)
    (of_end,) = problems(ends, production=False, today=TODAY)

    assert f"start of window w ({edge}) falls on {day}" in of_start
    assert f"end of window w ({edge}) falls on {day}" in of_end


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Berlin", "0 3 * * *"),
        ("Europe/Berlin", "30 2 * * mon-sat"),
        ("America/New_York", "0 3 * * *"),
        ("UTC", "30 2 * * *"),
        ("Asia/Kolkata", "30 2 * * *"),
    ],
)
def test_an_edge_beside_a_clock_change_is_fine(zone: str, start: str) -> None:
    day = start.rpartition(" ")[2]

    assert not [
        *problems(
            schedule(window(start, f"0 12 * * {day}"), timezone=zone), production=False, today=TODAY
        )
    ]


@pytest.mark.parametrize(
    ("zone", "day"), [("America/Santiago", "2027-09-05"), ("Australia/Lord_Howe", "2027-04-04")]
)
def test_a_zone_whose_clock_changes_keda_does_not_follow_is_refused(zone: str, day: str) -> None:
    (found,) = problems(schedule(timezone=zone), production=False, today=TODAY)

    assert f"timezone is {zone}, whose clocks change on {day}" in found


@given(
    minute=st.integers(0, 59), hour=st.integers(0, 23), days=st.sets(st.integers(0, 6), min_size=1)
)
def test_every_weekly_expression_strikes_once_on_each_of_its_days(
    minute: int, hour: int, days: set[int]
) -> None:
    cron = f"{minute} {hour} * * {','.join(map(str, sorted(days)))}"

    assert [divmod(at, DAY) for at in moments(cron)] == [
        (day, hour * 60 + minute) for day in sorted(days)
    ]
    assert all(0 <= at < WEEK for at in moments(cron))
