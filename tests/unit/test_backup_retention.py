"""Which backups are kept, and what they are called."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.faiss_server.faiss_server.backup import names
from services.faiss_server.faiss_server.backup.retention import Retention, expired

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = st.sets(st.integers(0, 24 * 120), min_size=1, max_size=60)
KEEP = st.builds(
    Retention, last=st.integers(1, 5), daily=st.integers(0, 10), weekly=st.integers(0, 6)
)


def named(hours: set[int]) -> list[str]:
    return [names.next_name(BEGIN + timedelta(hours=hour), (), "0" * 6) for hour in sorted(hours)]


@given(HOURS, KEEP)
def test_the_newest_ones_are_always_kept_and_never_more_than_the_settings_say(
    hours: set[int], keep: Retention
) -> None:
    all_of_them = named(hours)

    kept = sorted(set(all_of_them) - set(expired(all_of_them, keep)))

    assert kept[-keep.last :] == all_of_them[-keep.last :]
    assert len(kept) <= keep.last + keep.daily + keep.weekly


@given(HOURS, KEEP)
def test_each_of_the_latest_days_and_weeks_keeps_its_newest(
    hours: set[int], keep: Retention
) -> None:
    all_of_them = named(hours)

    kept = set(all_of_them) - set(expired(all_of_them, keep))

    days = {names.made(name).date(): name for name in all_of_them}
    weeks = {names.made(name).isocalendar()[:2]: name for name in all_of_them}
    assert kept >= {days[day] for day in sorted(days)[::-1][: keep.daily]}
    assert kept >= {weeks[week] for week in sorted(weeks)[::-1][: keep.weekly]}


@given(HOURS, KEEP)
def test_asking_again_after_the_deletion_deletes_nothing_more(
    hours: set[int], keep: Retention
) -> None:
    all_of_them = named(hours)
    kept = set(all_of_them) - set(expired(all_of_them, keep))

    assert expired(kept, keep) == []


@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=20),
    st.text("0123456789abcdef", min_size=6, max_size=6),
)
def test_a_new_name_is_the_latest_whatever_the_clock_does(steps: list[int], suffix: str) -> None:
    made: list[str] = []
    for seconds in steps:
        made.append(names.next_name(BEGIN + timedelta(seconds=seconds), made, suffix))

    assert made == sorted(set(made))
    assert all(names.is_name(name) for name in made)


def test_only_what_is_called_like_a_backup_belongs_to_one() -> None:
    name = "20261122T030000Z-0a1b2c"

    assert names.name_in("ai", names.record_key("ai", name)) == name
    assert names.name_in("ai", names.file_key("ai", name, "indexes/x/rows.f32")) == name
    for key in (f"other/{name}/backup.json", "ai/notes.txt", "ai/20269922T030000Z-0a1b2c/x"):
        assert names.name_in("ai", key) is None
