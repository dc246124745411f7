"""The files of a snapshot: writing, checking and loading them."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import numpy as np

from . import manifest as manifests
from .built import Built, Origin
from .files import sync_file
from .manifest import Entry, File, Manifest
from .record import Spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .arrays import Floats
    from .catalogue import Catalogue
    from .contents import Contents
    from .index import Index

CHUNK = 4 * 2**20


class BadSnapshotError(Exception):
    """A snapshot that must not be served; says which file, and what is wrong with it."""


def write_file(path: Path, chunks: Iterable[bytes | memoryview]) -> None:
    """Write ``chunks`` and wait for the disk."""
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def write_contents(directory: Path, contents: Contents, count: int, alive: bytes) -> None:
    """Write the first ``count`` rows, their ids, and which are ``alive``."""
    rows = (block.data.cast("B") for _, block in contents.rows.parts(0, count))
    write_file(directory / "rows.f32", rows)
    write_file(directory / "ids.i64", (contents.ids(count).tobytes(),))
    write_file(directory / "alive.u8", (alive,))


def write_built(directory: Path, built: Built) -> None:
    """Write a built index to which nobody adds meanwhile."""
    built.save(directory / "built.faiss")
    sync_file(directory / "built.faiss")


def listed(root: Path, entries: Iterable[Entry]) -> tuple[File, ...]:
    """The files of ``entries`` as they are on disk, with the checksums that they have there."""
    return tuple(
        File(path=path, bytes=(root / path).stat().st_size, sha256=sha256_of(root / path))
        for entry in entries
        for path in manifests.paths_of(entry)
    )


def sha256_of(path: Path) -> str:
    """The checksum of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(root: Path, manifest: Manifest) -> None:
    """Raise BadSnapshotError for the first file that is not what the manifest says."""
    for file in manifest.files:
        path = root / file.path
        try:
            size, checksum = path.stat().st_size, sha256_of(path)
        except OSError as error:
            raise BadSnapshotError(f"{path} cannot be read: {error.strerror}") from error
        if size != file.bytes:
            raise BadSnapshotError(f"{path} has {size} bytes instead of {file.bytes}")
        if checksum != file.sha256:
            raise BadSnapshotError(f"the checksum of {path} is wrong")
    for entry in manifest.indexes:
        sizes = [(root / path).stat().st_size for path in manifests.paths_of(entry)[:3]]
        wanted = [entry.rows * entry.dimension * 4, entry.rows * 8, -(-entry.rows // 8)]
        if sizes != wanted:
            raise BadSnapshotError(f"{root}: the files of {entry.name} are not {entry.rows} rows")


def load(root: Path, manifest: Manifest, catalogue: Catalogue) -> None:
    """Fill ``catalogue`` from a verified snapshot; raises BadSnapshotError."""
    for entry in manifest.indexes:
        spec = Spec(
            name=entry.name,
            dimension=entry.dimension,
            metric=entry.metric,
            type=entry.index_type,
        )
        index = catalogue.put(spec)
        directory = root / "indexes" / entry.name
        for vectors in _vectors(directory / "rows.f32", entry.dimension):
            index.contents.rows.stage(vectors)
        ids = np.fromfile(directory / "ids.i64", np.int64)
        index.contents.resume(ids, np.fromfile(directory / "alive.u8", np.uint8))
        if index.contents.vectors != entry.vectors:
            raise BadSnapshotError(
                f"{root}: {entry.name} holds {index.contents.vectors} vectors instead of "
                f"{entry.vectors}"
            )
        if entry.build:
            _load_built(index, directory / "built.faiss", entry)


def _vectors(path: Path, dimension: int) -> Iterator[Floats]:
    rows = max(1, CHUNK // (dimension * 4))
    with path.open("rb") as file:
        while len(vectors := np.fromfile(file, np.float32, rows * dimension)):
            yield vectors.reshape(-1, dimension)


def _load_built(index: Index, path: Path, entry: Entry) -> None:
    try:
        built = Built.load(path, Origin(build=entry.build, factory=entry.factory))
    except RuntimeError as error:
        raise BadSnapshotError(f"faiss cannot read {path}: {error}") from error
    index.contents.built = built
    index.contents.boundary = entry.built_rows
    index.contents.built_from = entry.built_from
