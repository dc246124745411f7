"""Making a backup, and restoring one."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import names
from .bucket import checked
from .errors import BackupError
from .record import Record, Sample
from .samples import NEIGHBOURS, sample_rows, vector_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ..manifest import Entry, Manifest
    from .server import Server
    from .store import Backups

RENEW_SECONDS = 300.0
"""The server keeps a snapshot for fifteen minutes after the last look at it."""


@dataclass(frozen=True)
class Made:
    """A backup, and what had to go: old ones, and those that were never finished."""

    record: Record
    retired: list[str]
    swept: list[str]


def create(backups: Backups, server: Server, now: datetime) -> Made:
    """Back up what ``server`` holds at this moment, while it goes on being changed.

    The record comes last: whatever happens before it, there is no such backup.
    """
    name = names.next_name(now, backups.bucket.objects(), os.urandom(3).hex())
    manifest = server.take_snapshot()
    made = Record(name=name, snapshot=manifest, samples=tuple(_samples(server, manifest)))
    prefix = backups.settings.prefix
    for file in manifest.files:
        chunks = _renewing(server.file(manifest.version, file.path), server, manifest.version)
        whole = checked(chunks, file.sha256, file.bytes, f"{server.url}: {file.path}")
        backups.bucket.upload(names.file_key(prefix, name, file.path), whole, file.bytes)
    backups.bucket.put(names.record_key(prefix, name), made.encode())
    return Made(made, backups.retire(), backups.sweep(now))


def restore(backups: Backups, server: Server, found: Record, *, accept_loss: bool) -> None:
    """Let ``server`` take over a backup.

    Every byte is verified on the way; what is live stays until the server has verified it again
    and found that nothing would be lost, or that is accepted. Raises DamagedError and RefusedError.
    """
    number = server.begin_restore(found.snapshot)
    try:
        for file in found.snapshot.files:
            server.upload(number, file.path, backups.file(found.name, file), file.bytes)
        server.commit(number, accept_loss=accept_loss)
    except BaseException:
        # Why it failed is worth more than that the server could not be told.
        with suppress(BackupError):
            server.abandon(number)
        raise


def _samples(server: Server, manifest: Manifest) -> Iterator[Sample]:
    """Searches for some of the vectors in the snapshot, as the live server answers them."""
    for entry in manifest.indexes:
        rows = sample_rows(_file(server, manifest, entry, "alive.u8"), entry.rows)
        vectors = [_row(server, manifest, entry, row) for row in rows]
        k = min(NEIGHBOURS, server.counts().get(entry.name, 0))
        answers = server.search(entry.name, vectors, k) if vectors and k else None
        for vector, found in zip(vectors, answers or (), strict=False):
            yield Sample(index=entry.name, vector=vector, found=tuple(found))


def _file(server: Server, manifest: Manifest, entry: Entry, name: str) -> bytes:
    return b"".join(server.file(manifest.version, f"indexes/{entry.name}/{name}"))


def _row(server: Server, manifest: Manifest, entry: Entry, row: int) -> tuple[float, ...]:
    size = entry.dimension * 4
    path = f"indexes/{entry.name}/rows.f32"
    return vector_of(server.piece(manifest.version, path, row * size, size))


def _renewing(chunks: Iterable[bytes], server: Server, version: str) -> Iterator[bytes]:
    seen = time.monotonic()
    for chunk in chunks:
        if time.monotonic() - seen > RENEW_SECONDS:
            server.renew(version)
            seen = time.monotonic()
        yield chunk
