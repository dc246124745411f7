"""The log's files on disk: finding them, reading them back after a crash, and judging damage."""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import uuid4

from .errors import Gone
from .files import sync_directory, write_durably
from .record import HEADER, MAGIC, BadFrameError, read_header, records_in, require_payload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .record import Header, Record

HEADER_BYTES = HEADER.size
SUFFIX = ".log"
UNSYNCED = "UNSYNCED"
"""A file in the log's directory that says that a sync failed."""


class LogDamagedError(Exception):
    """Acknowledged records cannot be read; the message names the file, the byte and the record."""


@dataclass(frozen=True)
class Torn:
    """The end of the log that was being written when the machine stopped: never acknowledged."""

    path: Path
    offset: int
    reason: str


def path_of(directory: Path, first: int) -> Path:
    """The segment whose first record has the sequence number ``first``."""
    return directory / f"{first:020d}{SUFFIX}"


def first_of(path: Path) -> int:
    """The sequence number that a segment begins with."""
    return int(path.stem)


def all_segments(directory: Path) -> list[Path]:
    """Every segment, oldest first."""
    return sorted(directory.glob(f"*{SUFFIX}"))


def segments_from(directory: Path, first: int) -> list[Path]:
    """The segments that hold record ``first`` and later ones; raises Gone without such a one."""
    found = all_segments(directory)
    keep = [path for place, path in enumerate(found)
            if place + 1 == len(found) or first_of(found[place + 1]) > first]  # fmt: skip
    if not keep or first_of(keep[0]) > first:
        raise Gone(f"the log begins at record {first_of(keep[0]) if keep else 0}, after {first}")
    return keep


def remove_before(directory: Path, position: int) -> None:
    """Remove segments whose every record is at or before ``position``; the last one stays."""
    found = all_segments(directory)
    for path, following in pairwise(found):
        if first_of(following) <= position + 1:
            path.unlink()


def settle(directory: Path) -> None:
    """Write the last segment anew where a sync of it failed.

    The kernel calls its pages clean since, and shows them, whether the disk has them or not: what
    is read back would be acknowledged, and gone after a power failure.
    """
    marker = directory / UNSYNCED
    if marker.exists():
        for path in all_segments(directory)[-1:]:
            write_durably(path, path.read_bytes())
        marker.unlink()
        sync_directory(directory)


def put_aside(root: Path, reason: str) -> None:
    """Move the log of a data directory to ``aside``, where nothing reads and nothing removes it."""
    (root / "log").replace(root / "aside" / f"log-{reason}-{uuid4().hex}")
    (root / "log").mkdir()
    sync_directory(root)


def total_bytes(directory: Path) -> int:
    """Bytes of all segments."""
    return bytes_after(directory, 0)


def bytes_after(directory: Path, position: int) -> int:
    """Bytes of the segments that begin after ``position``."""
    found = 0
    for path in all_segments(directory):
        if first_of(path) > position:
            with suppress(FileNotFoundError):  # pruned meanwhile
                found += path.stat().st_size
    return found


def replay(directory: Path, after: int) -> Iterator[tuple[Header, Record] | Torn]:
    """Every record after position ``after``, in order, and at the end perhaps one Torn.

    Raises LogDamagedError where a record is missing that was acknowledged.
    """
    expected = after + 1
    found = all_segments(directory)
    if found and first_of(found[0]) > expected:
        raise LogDamagedError(
            f"records {expected} to {first_of(found[0]) - 1} are missing: the log begins with "
            f"{found[0].name}"
        )
    for place, path in enumerate(found):
        later = found[place + 1 :]
        if later and first_of(later[0]) <= expected:
            continue
        for item in _in_segment(path, expected, last=not later):
            yield item
            if isinstance(item, Torn):
                return
            expected = item[0].last + 1
        if later and first_of(later[0]) != expected:
            raise LogDamagedError(
                f"records {expected} to {first_of(later[0]) - 1} are missing at the end of {path}"
            )


def cut(torn: Torn, aside: Path) -> int:
    """Truncate a segment where it is torn, keeping the bytes aside; answers how many there were."""
    data = torn.path.read_bytes()[torn.offset :]
    aside.mkdir(exist_ok=True)
    (aside / f"{torn.path.stem}-{torn.offset}.torn").write_bytes(data)
    with torn.path.open("r+b") as file:
        file.truncate(torn.offset)
        os.fsync(file.fileno())
    sync_directory(torn.path.parent)
    return len(data)


def _in_segment(path: Path, expected: int, *, last: bool) -> Iterator[tuple[Header, Record] | Torn]:
    if not path.stat().st_size:
        return
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    offset = 0
    while offset < len(data):
        try:
            header, payload = _frame_at(data, offset, expected)
        except BadFrameError as error:
            following = _good_frame_after(data, offset, expected)
            if following is None and last:
                yield Torn(path, offset, str(error))
                return
            if following is None or _at(data, following).first > expected:
                raise LogDamagedError(
                    f"{path}, byte {offset}: {error}. Record {expected} was acknowledged and "
                    "others came after it: restore a backup"
                ) from error
            offset = following
            continue
        if header.last >= expected:
            for record in records_in(payload):
                yield header, record
            expected = header.last + 1
        offset += header.size


def _at(data: mmap.mmap, offset: int) -> Header:
    return read_header(data[offset : offset + HEADER_BYTES])


def _frame_at(data: mmap.mmap, offset: int, expected: int) -> tuple[Header, bytes]:
    header = _at(data, offset)
    payload = data[offset + HEADER_BYTES : offset + header.size]
    require_payload(header, payload)
    if header.first > expected:
        raise BadFrameError(f"record {header.first} stands in the place of {expected}")
    return header, payload


def _good_frame_after(data: mmap.mmap, offset: int, expected: int) -> int | None:
    """The next frame that says something about the bad one at ``offset``.

    One that begins no later than ``expected`` means that the bad frame held nothing that is
    needed; one that calls ``expected`` durable means that what it held was acknowledged. Any other
    was written before the disk had the bad one, and is part of the same torn end.
    """
    place = data.find(MAGIC, offset + 1)
    while place >= 0:
        try:
            header, _ = _frame_at(data, place, 2**64)
        except BadFrameError:
            pass
        else:
            if header.first <= expected or header.durable >= expected:
                return place
        place = data.find(MAGIC, place + 1)
    return None
