"""The log's format: changes as records, and frames of records with checksums. Pure.

A frame is what one ``write`` puts on disk: the changes of one group commit. Little-endian:

    magic "RFL1" | crc32 of the rest of the header u32 | payload bytes u32 | crc32 of payload u32
    sequence number of the first record u64 | records u32 | epoch u32 | durable u64

``durable`` is the last sequence number that was known to be on disk before this frame was written.
It tells a torn tail (nothing later vouches for the bad frame) from damage (something does).

The payload is its records, one after the other:

    kind u8 | bytes of the name u8 | zero u16 | bytes of the body u32 | name | body
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .arrays import Floats, Ids

MAGIC = b"RFL1"
HEADER = struct.Struct("<4sIIIQIIQ")
RECORD = struct.Struct("<BBHI")
ADD = struct.Struct("<II")


class BadFrameError(ValueError):
    """Bytes that are no frame; says why."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What an index is: its name, dimension, metric (l2, ip or cosine) and FAISS_INDEX_TYPE."""

    name: str
    dimension: int
    metric: str
    type: str


@dataclass(frozen=True)
class Create:
    """An index comes into being."""

    spec: Spec


@dataclass(frozen=True)
class Drop:
    """An index goes, with all its vectors."""

    index: str


@dataclass(frozen=True, eq=False)
class Add:
    """Vectors (count × dimension, float32) come in under ids (int64), replacing those of old."""

    index: str
    ids: Ids
    vectors: Floats


@dataclass(frozen=True, eq=False)
class Remove:
    """Ids go, with their vectors."""

    index: str
    ids: Ids


@dataclass(frozen=True)
class NewEpoch:
    """Another server becomes the writer; the frame names the epoch."""


@dataclass(frozen=True)
class Restored:
    """Everything was replaced by the snapshot of this version: the log before cannot lead here."""

    version: str


Record = Create | Drop | Add | Remove | NewEpoch | Restored
KINDS: dict[type[Record], int] = {
    Create: 1, Drop: 2, Add: 3, Remove: 4, NewEpoch: 5, Restored: 6,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Header:
    """The header of a frame; ``length`` is the payload's, in bytes."""

    length: int
    checksum: int
    first: int
    records: int
    epoch: int
    durable: int

    @property
    def last(self) -> int:
        """The sequence number of the last record."""
        return self.first + self.records - 1

    @property
    def size(self) -> int:
        """Bytes of the whole frame."""
        return HEADER.size + self.length

    def encode(self) -> bytes:
        """The header as bytes."""
        rest = HEADER.pack(
            MAGIC, 0, self.length, self.checksum, self.first, self.records, self.epoch, self.durable
        )[8:]
        return MAGIC + struct.pack("<I", zlib.crc32(rest)) + rest


def frame(records: Sequence[Record], *, first: int, epoch: int, durable: int) -> bytes:
    """``records`` as one frame."""
    payload = b"".join(part for record in records for part in _parts(record))
    header = Header(
        length=len(payload),
        checksum=zlib.crc32(payload),
        first=first,
        records=len(records),
        epoch=epoch,
        durable=durable,
    )
    return header.encode() + payload


def read_header(data: bytes | memoryview, offset: int = 0) -> Header:
    """The header at ``offset``; raises BadFrameError."""
    if len(data) - offset < HEADER.size:
        raise BadFrameError("it ends within a header")
    magic, check, *fields = HEADER.unpack_from(data, offset)
    if magic != MAGIC:
        raise BadFrameError("no frame begins there")
    if zlib.crc32(data[offset + 8 : offset + HEADER.size]) != check:
        raise BadFrameError("the checksum of its header is wrong")
    length, checksum, first, records, epoch, durable = fields
    return Header(
        length=length,
        checksum=checksum,
        first=first,
        records=records,
        epoch=epoch,
        durable=durable,
    )


def require_payload(header: Header, payload: bytes | memoryview) -> None:
    """Raise BadFrameError unless ``payload`` is what ``header`` announces."""
    if len(payload) != header.length:
        raise BadFrameError("it ends within a payload")
    if zlib.crc32(payload) != header.checksum:
        raise BadFrameError("the checksum of its payload is wrong")


def records_in(payload: bytes | memoryview) -> Iterator[Record]:
    """The records of a payload whose checksum is good."""
    view, offset = memoryview(payload), 0
    while offset < len(view):
        kind, name_length, _, body_length = RECORD.unpack_from(view, offset)
        offset += RECORD.size
        name = bytes(view[offset : offset + name_length]).decode()
        offset += name_length
        yield _record(kind, name, view[offset : offset + body_length])
        offset += body_length


def _parts(record: Record) -> tuple[bytes | memoryview, ...]:
    name, body = "", ()  # type: tuple[str, tuple[bytes | memoryview, ...]]
    match record:
        case Create(spec):
            name = spec.name
            body = (json.dumps([spec.dimension, spec.metric, spec.type]).encode(),)
        case Drop(name):
            pass
        case Add(name, ids, vectors):
            shape = ADD.pack(len(ids), vectors.shape[1])
            body = (shape, ids.astype("<i8").data.cast("B"), vectors.data.cast("B"))
        case Remove(name, ids):
            body = (ids.astype("<i8").data.cast("B"),)
        case Restored(version):
            body = (version.encode(),)
    encoded = name.encode()
    size = sum(len(part) for part in body)
    return RECORD.pack(KINDS[type(record)], len(encoded), 0, size) + encoded, *body


def _record(kind: int, name: str, body: memoryview) -> Record:
    if kind == KINDS[Create]:
        dimension, metric, index_type = json.loads(bytes(body))
        return Create(Spec(name=name, dimension=dimension, metric=metric, type=index_type))
    if kind == KINDS[Drop]:
        return Drop(name)
    if kind == KINDS[Add]:
        count, dimension = ADD.unpack_from(body)
        ids = np.frombuffer(body, "<i8", count, ADD.size)
        vectors = np.frombuffer(body, "<f4", count * dimension, ADD.size + ids.nbytes)
        return Add(name, ids, vectors.reshape(count, dimension))
    if kind == KINDS[Remove]:
        return Remove(name, np.frombuffer(body, "<i8"))
    if kind == KINDS[NewEpoch]:
        return NewEpoch()
    if kind == KINDS[Restored]:
        return Restored(bytes(body).decode())
    raise BadFrameError(f"records of kind {kind} are unknown to this version of the server")
