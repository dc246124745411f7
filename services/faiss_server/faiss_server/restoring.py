"""Takes in a snapshot from outside: uploaded piece by piece, verified, and only then swapped in."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from . import manifest as manifests
from . import roles, segments
from .errors import Conflict, Invalid, NoRoom, NotTheWriter, Refused, Unknown
from .incoming import STAGING, placed, placed_alone, require_good
from .manifest import BadManifestError, Manifest
from .record import Restored
from .snapshots import INCOMPLETE, Snapshots
from .store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from .engine import Engine
    from .manifest import File

UPLOADS = f"{INCOMPLETE}uploads"
"""Where files grow: none that may still change is verified or served."""
ABANDONED_SECONDS = 3600.0
"""A restore that nobody touched for so long makes room for another."""
PER_ROW = 25
"""Bytes of memory for an id: in the array, in the map, and its bit."""


@dataclass
class Restore:
    """A restore under way: what was announced, and where its files go."""

    manifest: Manifest
    root: Path
    number: str = field(default_factory=lambda: uuid4().hex)
    touched: float = field(default_factory=time.monotonic)

    def upload(self) -> Path:
        """A new path for a file on its way."""
        return self.root.parent / UPLOADS / uuid4().hex

    def file(self, path: str) -> File:
        """The file called ``path``; raises Unknown for one that was not announced."""
        self.touched = time.monotonic()
        found = next((file for file in self.manifest.files if file.path == path), None)
        if found is None:
            raise Unknown(f"the manifest has no file {path!a}")
        return found


class Restorer:
    """One restore at a time, on the writer."""

    def __init__(self, engine: Engine) -> None:
        """Works on a damaged engine too: that is when it is needed most."""
        self._engine = engine
        self._current: Restore | None = None
        self._lock = threading.Lock()

    def begin(self, manifest: bytes) -> Restore:
        """Announce a snapshot; raises Invalid for a bad manifest, Conflict while another runs."""
        self._require_writer()
        try:
            announced = manifests.decode(manifest)
        except BadManifestError as error:
            raise Invalid(f"the manifest is bad: {error}") from error
        self._require_memory(announced)
        with self._lock:
            running = self._current
            if running and time.monotonic() - running.touched < ABANDONED_SECONDS:
                raise Conflict(
                    f"restore {running.number} is running: finish it, or DELETE it, first"
                )
            snapshots = self._engine.settings.data_directory / "snapshots"
            root = snapshots / STAGING
            for directory in (root, snapshots / UPLOADS):
                shutil.rmtree(directory, ignore_errors=True)
                directory.mkdir(parents=True)
            self._current = Restore(announced, root)
            return self._current

    def get(self, number: str) -> Restore:
        """The restore that runs under ``number``; raises Unknown."""
        current = self._current
        if current is None or current.number != number:
            raise Unknown(f"there is no restore {number!a}")
        return current

    def place(self, number: str, path: str, uploaded: Path) -> None:
        """Take in an uploaded file; a commit that runs has the files to itself."""
        with self._lock:
            target = self.get(number).root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            uploaded.replace(target)

    def abandon(self, number: str) -> None:
        """Forget a restore and its files."""
        with self._lock:
            shutil.rmtree(self.get(number).root, ignore_errors=True)
            self._current = None

    def commit(self, number: str, *, accept_loss: bool) -> Manifest:
        """Verify every byte, compare with what is live, and swap.

        Raises Invalid for a snapshot that is not what its manifest says, and Conflict for one that
        would lose vectors, unless that is accepted. What is live stays as it is then.
        """
        with self._lock:
            restore = self.get(number)
            restore.touched = time.monotonic()
            require_good(restore.root, restore.manifest)
            restored = (
                self._swap_damaged(restore)
                if self._engine.damage
                else self._engine.committer.call(
                    lambda: self._swap(restore, accept_loss=accept_loss)
                ).result()
            )
            self._current = None
            return restored

    def _swap(self, restore: Restore, *, accept_loss: bool) -> Manifest:
        """On the committer's thread: no change comes between the comparison and the swap."""
        store = self._engine.store
        self._require_writer()
        live = {index.spec.name: index.contents.vectors for index in store.catalogue}
        worse = manifests.worse_than(live, store.log.position, restore.manifest)
        if worse and not accept_loss:
            raise Conflict(f"this would be a loss: {'; '.join(worse)}. Accept it with accept_loss")
        position = max(store.log.position, restore.manifest.position) + 1
        epoch = roles.next_epoch(store.epochs + restore.manifest.epochs)
        restored = placed(
            store.snapshots,
            restore.manifest,
            restore.root,
            position,
            (*store.epochs, (epoch, position)),
        )
        # It has happened: the record tells followers, and they notice its absence as well.
        with suppress(Refused, OSError):
            store.log.start_anew(position - 1)
            store.log.append([Restored(restored.version)], epoch)
        store.reload()
        return restored

    def _swap_damaged(self, restore: Restore) -> Manifest:
        root = self._engine.settings.data_directory
        snapshots = Snapshots(root / "snapshots", root / "aside")
        restored = placed_alone(snapshots, restore.manifest, restore.root)
        segments.put_aside(root, "damaged")
        self._engine.serve(Store(self._engine.settings))
        return restored

    def _require_writer(self) -> None:
        if not self._engine.damage and not self._engine.store.is_writer:
            raise NotTheWriter("this server is a follower: restore on its writer")

    def _require_memory(self, manifest: Manifest) -> None:
        rows = sum(
            entry.rows * (PER_ROW + (0 if entry.build else entry.dimension * 4))
            for entry in manifest.indexes
        )
        built = sum(file.bytes for file in manifest.files if file.path.endswith("/built.faiss"))
        ceiling = self._engine.settings.cache_bytes
        if rows + built > ceiling:
            raise NoRoom(
                f"the snapshot takes {rows + built} bytes of memory, and FAISS_CACHE_SIZE allows "
                f"{ceiling}: raise it"
            )
