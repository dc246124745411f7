"""The log's format and its judgement: what is torn, and what is damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.faiss_server.faiss_server import manifest, roles
from services.faiss_server.faiss_server.errors import Gone
from services.faiss_server.faiss_server.log import Log
from services.faiss_server.faiss_server.record import (
    Add,
    Create,
    Drop,
    NewEpoch,
    Record,
    Remove,
    Restored,
    Spec,
    frame,
    read_header,
    records_in,
    require_payload,
)
from services.faiss_server.faiss_server.segments import LogDamagedError, Torn, replay
from tests.services.faiss_client import vectors

if TYPE_CHECKING:
    from pathlib import Path

IDS = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=5)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", fullmatch=True)
RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.builds(
        lambda name, dimension: Create(
            Spec(name=name, dimension=dimension, metric="l2", type="IVF,PQ")
        ),
        NAMES,
        st.integers(1, 9999),
    ),
    st.builds(Drop, NAMES),
    st.builds(lambda name, ids: Add(name, np.array(ids), vectors(len(ids), 3)), NAMES, IDS),
    st.builds(lambda name, ids: Remove(name, np.array(ids)), NAMES, IDS),
    st.builds(NewEpoch),
    st.builds(Restored, NAMES),
)


def plain(record: Record) -> tuple[object, ...]:
    """A record in a form that can be compared."""
    parts = vars(record).values()
    return type(record), *(
        part.tolist() if isinstance(part, np.ndarray) else part for part in parts
    )


@given(records=st.lists(RECORDS, max_size=5), first=st.integers(1, 2**60))
def test_what_is_written_is_read(records: list[Record], first: int) -> None:
    data = frame(records, first=first, epoch=7, durable=first - 1)

    header = read_header(data)
    payload = data[-header.length :] if header.length else b""
    require_payload(header, payload)

    assert (header.first, header.last, header.epoch) == (first, first + len(records) - 1, 7)
    assert [plain(one) for one in records_in(payload)] == [plain(one) for one in records]


@settings(max_examples=200)
@given(record=RECORDS, place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_unnoticed(record: Record, place: int, bit: int) -> None:
    data = bytearray(frame([record], first=1, epoch=1, durable=0))
    data[place % len(data)] ^= 1 << bit

    with pytest.raises(ValueError, match=r"checksum|no frame|ends within"):
        require_payload(read_header(bytes(data)), bytes(data[40:]))


def written(path: Path, count: int) -> bytes:
    """A log of ``count`` frames, one record each, every one vouched for by the next."""
    data = b"".join(
        frame([Drop(f"index{number}")], first=number, epoch=1, durable=number - 1)
        for number in range(1, count + 1)
    )
    (path / f"{1:020d}.log").write_bytes(data)
    return data


def numbers(path: Path, after: int = 0) -> list[int]:
    return [item[0].first for item in replay(path, after) if not isinstance(item, Torn)]


def test_however_much_of_the_end_is_missing_the_rest_is_read(tmp_path: Path) -> None:
    data = written(tmp_path, 5)
    size = len(data) // 5

    for length in range(len(data)):
        (tmp_path / f"{1:020d}.log").write_bytes(data[:length])
        assert numbers(tmp_path) == list(range(1, length // size + 1))


def test_whatever_is_behind_the_end_is_never_read(tmp_path: Path) -> None:
    data = written(tmp_path, 3)
    unborn = frame([Drop("x"), Drop("y")], first=4, epoch=1, durable=3)

    for length in range(len(unborn)):
        (tmp_path / f"{1:020d}.log").write_bytes(data + unborn[:length])
        assert numbers(tmp_path) == [1, 2, 3]


def test_a_torn_group_after_which_another_was_written_without_fsync_is_still_torn(
    tmp_path: Path,
) -> None:
    data = written(tmp_path, 3)
    holed = bytearray(frame([Drop("lost")], first=4, epoch=1, durable=3))
    holed[-1] ^= 1
    later = frame([Drop("later")], first=5, epoch=1, durable=3)
    (tmp_path / f"{1:020d}.log").write_bytes(data + holed + later)

    items = list(replay(tmp_path, 0))

    assert isinstance(items[-1], Torn)
    assert items[-1].offset == len(data)
    assert numbers(tmp_path) == [1, 2, 3]


@pytest.mark.parametrize("bad", [1, 2, 3, 4])
def test_a_bad_frame_that_others_vouch_for_is_damage_by_name(tmp_path: Path, bad: int) -> None:
    data = bytearray(written(tmp_path, 5))
    size = len(data) // 5
    data[(bad - 1) * size + 45] ^= 1
    (tmp_path / f"{1:020d}.log").write_bytes(data)

    with pytest.raises(LogDamagedError, match=f"byte {(bad - 1) * size}: .*Record {bad} was ackn"):
        numbers(tmp_path)
    assert numbers(tmp_path, after=bad) == list(range(bad + 1, 6))


def test_a_segment_that_is_gone_is_damage_by_number(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        content = frame([Drop("x")], first=number, epoch=1, durable=number - 1)
        (tmp_path / f"{number:020d}.log").write_bytes(content)
    (tmp_path / f"{2:020d}.log").unlink()

    with pytest.raises(LogDamagedError, match="records 2 to 2 are missing"):
        numbers(tmp_path)


def test_a_follower_reads_whole_frames_and_is_told_when_the_log_does_not_reach_back(
    tmp_path: Path,
) -> None:
    log = Log(tmp_path, 0)
    for number in range(1, 6):
        log.append([Drop(f"index{number}")], 1)

    assert len(log.read(0, 10**6)) == 5 * len(log.read(4, 10**6))
    assert log.read(5, 10**6) == b""
    log.start_anew(9)
    log.prune(9)
    log.append([Drop("last")], 1)
    with pytest.raises(Gone):
        log.read(3, 10**6)


# Epochs


def test_a_log_is_a_beginning_of_ours_when_its_last_record_is_in_ours() -> None:
    ours = ((10, 1), (20, 100), (30, 200))

    assert roles.shared(ours, 0, 0, 250)
    assert roles.shared(ours, 10, 99, 250)
    assert not roles.shared(ours, 10, 100, 250)
    assert roles.shared(ours, 30, 250, 250)
    assert not roles.shared(ours, 30, 251, 250)
    assert not roles.shared(ours, 40, 50, 250)


def test_epochs_rise_and_two_beginnings_differ() -> None:
    first = {roles.next_epoch(()) for _ in range(50)}

    assert len(first) > 40
    assert all(roles.next_epoch(((epoch, 1),)) > epoch for epoch in first)


# Comparing with a snapshot


def snapshot(position: int, **counts: int) -> manifest.Manifest:
    return manifest.Manifest(
        version="v",
        number=1,
        created="2026-01-01T00:00:00+00:00",
        position=position,
        epochs=(),
        server_version="",
        faiss_version="",
        indexes=tuple(
            manifest.Entry(
                name=name, dimension=1, metric="l2", index_type="Flat", rows=count, vectors=count
            )
            for name, count in counts.items()
        ),
        files=(),
    )


def test_a_snapshot_with_less_or_from_before_is_worse_and_says_why() -> None:
    live = {"a": 10, "b": 5}

    assert manifest.worse_than(live, 7, snapshot(7, a=10, b=5)) == []
    assert manifest.worse_than({}, 7, snapshot(1, a=1)) == []
    (fewer,) = manifest.worse_than(live, 7, snapshot(7, a=9, b=5))
    assert fewer == "a has 10 vectors here and 9 in the snapshot"
    (gone,) = manifest.worse_than(live, 7, snapshot(9, a=10))
    assert gone == "b has 5 vectors here and 0 in the snapshot"
    (older,) = manifest.worse_than(live, 7, snapshot(6, a=10, b=5))
    assert "the log here is at record 7, the snapshot at 6" in older
