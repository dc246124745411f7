"""What a backup says of itself, and whether two servers agree."""

import json
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.faiss_server.faiss_server.backup.record import (
    BadRecordError,
    Record,
    Sample,
    decode,
)
from services.faiss_server.faiss_server.backup.samples import (
    agreement,
    differing_counts,
    is_alive,
    living_among,
    sample_rows,
)
from services.faiss_server.faiss_server.manifest import Entry, File, Manifest

RECORD = Record(
    name="20261122T030000Z-0a1b2c",
    snapshot=Manifest(
        version="00000001-00000000000000000007",
        number=1,
        created="2026-11-22T03:00:00+00:00",
        position=7,
        epochs=((1, 1),),
        server_version="0.1.0",
        faiss_version="1.15.1",
        indexes=(
            Entry(name="papers", dimension=2, metric="l2", index_type="Flat", rows=1, vectors=1),
        ),
        files=tuple(
            File(path=f"indexes/papers/{name}", bytes=8, sha256="0" * 64)
            for name in ("rows.f32", "ids.i64", "alive.u8")
        ),
    ),
    samples=(Sample(index="papers", vector=(0.1, -2.5), found=(7,)),),
)
BITS = st.lists(st.booleans(), min_size=1, max_size=100)


def packed(bits: list[bool]) -> bytes:
    data = bytearray(-(-len(bits) // 8))
    for row, bit in enumerate(bits):
        data[row // 8] |= bit << row % 8
    return bytes(data)


def test_a_record_is_read_as_it_was_written() -> None:
    assert decode(RECORD.encode()) == RECORD


@given(st.integers(0, len(RECORD.encode()) - 2), st.integers(1, 255))
def test_a_record_with_another_byte_is_refused_or_says_the_same(at: int, change: int) -> None:
    content = bytearray(RECORD.encode())
    content[at] ^= change

    try:
        found = decode(bytes(content))
    except BadRecordError:
        return
    assert found == RECORD


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"checksum": 1}', b"\xff", b"null"])
def test_what_is_no_record_is_refused(content: bytes) -> None:
    with pytest.raises(BadRecordError):
        decode(content)


def test_a_record_of_a_later_format_is_refused_by_name() -> None:
    import hashlib

    body = json.loads(RECORD.encode())
    del body["checksum"]
    body["format"] = 2
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    body["checksum"] = hashlib.sha256(canonical.encode()).hexdigest()

    with pytest.raises(BadRecordError, match="its format is 2, and 1 is known"):
        decode(json.dumps(body).encode())


@given(BITS)
def test_samples_are_living_rows_and_there_are_some_where_any_lives(bits: list[bool]) -> None:
    rows = sample_rows(packed(bits), len(bits))

    assert all(bits[row] for row in rows)
    assert len(set(rows)) == len(rows) <= 8
    assert bool(rows) == any(bits)


@given(BITS)
def test_ids_of_dead_rows_are_not_held(bits: list[bool]) -> None:
    ids = array("q", range(100, 100 + len(bits))).tobytes()

    held = living_among([99, *range(100, 100 + len(bits), 2)], ids, packed(bits))

    assert held == {100 + row for row in range(0, len(bits), 2) if bits[row]}
    assert all(is_alive(packed(bits), number - 100) for number in held)


def test_neighbours_that_came_after_the_snapshot_are_not_missed() -> None:
    found = agreement([[1, 2, 900]], [[2, 1, 5]], held={1, 2, 5})

    assert found.good
    assert (found.expected, found.again) == (2, 2)


def test_neighbours_that_are_held_and_not_found_are_no_agreement() -> None:
    assert not agreement([[1, 2, 3], [4, 5, 6]], [[1, 2, 9], [4, 8, 9]], held=set(range(10))).good


def test_every_index_whose_count_differs_is_named() -> None:
    said = differing_counts({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5, "d": 4})

    assert said == [
        "b has 5 vectors instead of 2",
        "c has no vectors instead of 3",
        "d has 4 vectors instead of none",
    ]
