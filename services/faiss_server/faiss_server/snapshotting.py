"""Takes a snapshot while changes go on: a moment is captured, then its files are written."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import faiss

from . import __version__
from .errors import Conflict, NoRoom
from .manifest import Entry, Manifest, version_name
from .snapshot_files import listed, write_built, write_contents

if TYPE_CHECKING:
    from pathlib import Path

    from .catalogue import Catalogue
    from .committer import Committer
    from .contents import Contents
    from .index import Index
    from .roles import Epochs
    from .store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Moment:
    """An index as it was between two changes. Its rows only grow, so a count is a copy."""

    entry: Entry
    contents: Contents
    alive: bytes


@dataclass(frozen=True)
class _Captured:
    catalogue: Catalogue
    position: int
    epochs: Epochs
    log_bytes: int
    moments: tuple[_Moment, ...]
    folding: ExitStack


class Snapshotter:
    """Takes one snapshot at a time."""

    def __init__(self, store: Store, committer: Committer) -> None:
        """Of ``store``, whose changes ``committer`` makes."""
        self._store, self._committer = store, committer
        self._one = threading.Lock()

    def take(self) -> Manifest:
        """Write a snapshot of this moment and drop what is no longer needed.

        Raises NoRoom when the disk is full, and Conflict when the indexes were replaced by those of
        another snapshot meanwhile; the snapshots that there were stay.
        """
        with self._one:
            started = time.monotonic()
            captured = self._committer.call(self._capture).result()
            number = self._store.snapshots.next_number()
            root = self._store.snapshots.begin(version_name(number, captured.position))
            try:
                manifest = self._write(root, number, captured)
                self._committer.call(lambda: self._finish(captured, manifest)).result()
            except OSError as error:
                raise NoRoom(f"the snapshot cannot be written: {error.strerror}") from error
            finally:
                captured.folding.close()
                shutil.rmtree(root, ignore_errors=True)
            fields = {"version": manifest.version, "bytes": manifest.size,
                      "seconds": round(time.monotonic() - started, 3)}  # fmt: skip
            log.info("snapshot", extra={"fields": fields})
            return manifest

    def _capture(self) -> _Captured:
        store = self._store
        with ExitStack() as folding:
            moments = []
            for index in store.catalogue:
                # Nothing is folded until the built index is written: it must not be ahead of rows.
                folding.enter_context(index.contents.folding)
                moments.append(_moment(index))
            return _Captured(
                store.catalogue,
                store.applied,
                store.epochs,
                store.log.bytes_since_snapshot,
                tuple(moments),
                folding.pop_all(),
            )

    def _write(self, root: Path, number: int, captured: _Captured) -> Manifest:
        for moment in captured.moments:
            directory = root / "indexes" / moment.entry.name
            directory.mkdir()
            if moment.contents.built is not None:
                write_built(directory, moment.contents.built)
        captured.folding.close()
        for moment in captured.moments:
            directory = root / "indexes" / moment.entry.name
            write_contents(directory, moment.contents, moment.entry.rows, moment.alive)
        entries = tuple(moment.entry for moment in captured.moments)
        return Manifest(
            version=version_name(number, captured.position),
            number=number,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            position=captured.position,
            epochs=captured.epochs,
            server_version=__version__,
            faiss_version=faiss.__version__,
            indexes=entries,
            files=listed(root, entries),
        )

    def _finish(self, captured: _Captured, manifest: Manifest) -> None:
        """On the committer's thread, where nothing replaces indexes and log meanwhile."""
        store = self._store
        if store.catalogue is not captured.catalogue:
            # As the newest version, it would bring back what was replaced.
            raise Conflict("the indexes were replaced while the snapshot was written: take another")
        store.snapshots.finish(manifest)
        store.snapshot = manifest
        store.log.bytes_since_snapshot -= captured.log_bytes
        store.log.prune(store.snapshots.prune())


def _moment(index: Index) -> _Moment:
    contents, spec = index.contents, index.spec
    built = contents.built
    entry = Entry(
        name=spec.name,
        dimension=spec.dimension,
        metric=spec.metric,
        index_type=spec.type,
        rows=contents.rows.count,
        vectors=contents.vectors,
        factory=built.origin.factory if built else "",
        build=built.origin.build if built else "",
        built_rows=contents.boundary if built else 0,
        built_from=contents.built_from,
    )
    return _Moment(entry, contents, contents.alive(contents.rows.count).tobytes())
