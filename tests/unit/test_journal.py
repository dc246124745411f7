"""The journal: what survives, what is noticed, and who may write."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rf.rollout.journal import Journal, JournalError, OvertakenError
from rf.rollout.store import StoreError
from rf.rollout.store.folder import FolderStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOG = "staging/rollouts/1"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DATA = st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.booleans()), max_size=4)


class MemoryStore:
    """Records in memory; what FolderStore does with files is its own test's business."""

    def __init__(self, records: Sequence[bytes] = ()) -> None:
        self.records = list(records)

    def add(self, _log: str, number: int, record: bytes) -> bool:
        if number <= len(self.records):
            return False
        self.records.append(record)
        return True

    def read(self, _log: str, after: int = 0) -> Sequence[bytes]:
        return self.records[after:]

    def logs(self, _under: str) -> Sequence[str]:
        return [LOG]


@given(written=st.lists(st.tuples(st.sampled_from(["intent", "done"]), DATA), max_size=6))
def test_what_was_written_is_read_again_in_order(
    written: list[tuple[str, dict[str, object]]],
) -> None:
    store = MemoryStore()
    journal = Journal(store, LOG)
    for kind, data in written:
        journal.write(kind, data, NOW)

    again = Journal(store, LOG)

    assert again.entries == journal.entries
    assert [(entry.kind, entry.data) for entry in again.entries] == written


@given(changed=st.integers(0, 3), place=st.integers(0, 10_000))
def test_a_byte_that_was_changed_is_noticed(changed: int, place: int) -> None:
    store = MemoryStore()
    journal = Journal(store, LOG)
    for step in range(4):
        journal.write("intent", {"weight": step}, NOW)
    record = bytearray(store.records[changed])
    record[place % len(record)] ^= 1
    store.records[changed] = bytes(record)

    with suppress(JournalError):
        read = Journal(store, LOG).entries
        # Nothing follows the last record; a change of it that is still a record shows in its hash.
        assert changed == 3
        assert read[-1].digest != journal.entries[-1].digest


def test_a_missing_record_ends_the_journal_there(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    journal = Journal(store, LOG)
    for step in range(3):
        journal.write("intent", {"weight": step}, NOW)
    (tmp_path / LOG / "00000002").unlink()

    assert len(Journal(store, LOG).entries) == 1


def test_of_two_writers_the_second_learns_that_it_came_too_late() -> None:
    store = MemoryStore()
    one, two = Journal(store, LOG), Journal(store, LOG)
    one.write("intent", {"weight": 10}, NOW)

    with pytest.raises(OvertakenError, match="by somebody else"):
        two.write("intent", {"weight": 0}, NOW)

    two.catch_up()
    assert two.write("intent", {"weight": 0}, NOW).number == 2


def test_a_record_that_no_store_can_hold_is_refused_before_it_is_written() -> None:
    store = MemoryStore()

    with pytest.raises(StoreError, match="too large"):
        Journal(store, LOG).write("evidence", {"text": "x" * 1_000_000}, NOW)

    assert store.records == []


def test_a_record_is_one_line_of_json_that_people_can_read() -> None:
    store = MemoryStore()

    Journal(store, LOG).write("intent", {"weight": 10}, NOW)

    assert json.loads(store.records[0]) == {
        "at": "2026-11-22T12:00:00+00:00",
        "data": {"weight": 10},
        "kind": "intent",
        "number": 1,
        "previous": "0" * 64,
    }
    assert b"\n" not in store.records[0]
