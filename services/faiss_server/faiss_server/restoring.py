"""Takes in a snapshot from outside: uploaded piece by piece, verified, and only then swapped in."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from . import manifest as manifests
from . import roles, segments
from .built import Built, Origin
from .errors import Conflict, Invalid, NoRoom, NotTheWriter, Refused, Unknown
from .files import alone
from .manifest import BadManifestError, Manifest
from .record import Restored
from .snapshot_files import CHUNK, BadSnapshotError, verify, write_file
from .snapshots import INCOMPLETE, Snapshots
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from .engine import Engine
    from .manifest import File

STAGING = f"{INCOMPLETE}restore"
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

    def file(self, path: str) -> tuple[Path, int]:
        """Where a file goes and how long it is; raises Unknown for one that was not announced."""
        self.touched = time.monotonic()
        for file in self.manifest.files:
            if file.path == path:
                target = self.root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                return target, file.bytes
        raise Unknown(f"the manifest has no file {path!a}")


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
            root = self._engine.settings.data_directory / "snapshots" / STAGING
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir(parents=True)
            self._current = Restore(announced, root)
            return self._current

    def get(self, number: str) -> Restore:
        """The restore that runs under ``number``; raises Unknown."""
        current = self._current
        if current is None or current.number != number:
            raise Unknown(f"there is no restore {number!a}")
        return current

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
            _require_good(restore.root, restore.manifest)
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
        restored = _placed(store.snapshots, restore, position, (*store.epochs, (epoch, position)))
        # It has happened: the record tells followers, and they notice its absence as well.
        with suppress(Refused, OSError):
            store.log.start_anew(position - 1)
            store.log.append([Restored(restored.version)], epoch)
        store.reload()
        return restored

    def _swap_damaged(self, restore: Restore) -> Manifest:
        root = self._engine.settings.data_directory
        snapshots = Snapshots(root / "snapshots", root / "aside")
        manifest = restore.manifest
        position = manifest.position + 1
        epochs = (*manifest.epochs, (roles.next_epoch(manifest.epochs), position))
        restored = _placed(snapshots, restore, position, epochs)
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


def install(manifest: Manifest, content: Callable[[File], Iterable[bytes]], data: Path) -> Manifest:
    """Make ``manifest`` the snapshot of a data directory that holds nothing, while no server runs.

    A crash before the end leaves nothing that counts. Raises Conflict for a directory in use, and
    Invalid for a snapshot that is not whole.
    """
    with ExitStack() as held:
        try:
            held.enter_context(alone(data / "LOCK"))
        except BlockingIOError:
            raise Conflict(f"{data} is in use by another process: nothing was changed") from None
        require_empty(data)
        snapshots = Snapshots(data / "snapshots", data / "aside")
        snapshots.remove_incomplete()
        root = snapshots.directory / STAGING
        for file in manifest.files:
            (root / file.path).parent.mkdir(parents=True, exist_ok=True)
            write_file(root / file.path, content(file))
        _require_good(root, manifest)
        position = manifest.position + 1
        epochs = (*manifest.epochs, (roles.next_epoch(manifest.epochs), position))
        return _placed(snapshots, Restore(manifest, root), position, epochs)


def require_empty(data: Path) -> None:
    """Raise Conflict where there is a snapshot, good or bad, or a log."""
    for name in ("snapshots", "aside", "log"):
        if any(not path.name.startswith(INCOMPLETE) for path in (data / name).glob("*")):
            raise Conflict(f"{data} holds indexes already: nothing was changed")


def install_directory(source: Path, data: Path) -> Manifest:
    """The same with the files below ``source``."""
    try:
        manifest = manifests.decode((source / manifests.NAME).read_bytes())
    except (OSError, BadManifestError) as error:
        raise Invalid(f"{source / manifests.NAME}: {error}") from error
    return install(manifest, lambda file: _chunks(source / file.path), data)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _require_good(root: Path, manifest: Manifest) -> None:
    try:
        verify(root, manifest)
        for entry in manifest.indexes:
            if entry.build:
                path = root / "indexes" / entry.name / "built.faiss"
                Built.load(path, Origin(build=entry.build, factory=entry.factory))
    except (BadSnapshotError, RuntimeError) as error:
        raise Invalid(f"the snapshot is not what its manifest says: {error}") from error


def _placed(
    snapshots: Snapshots, restore: Restore, position: int, epochs: roles.Epochs
) -> Manifest:
    """Make the uploaded files the newest version of ours; it is on disk when this returns."""
    number = snapshots.next_number()
    placed = replace(
        restore.manifest,
        number=number,
        version=manifests.version_name(number, position),
        position=position,
        epochs=epochs,
    )
    restore.root.replace(snapshots.directory / f"{INCOMPLETE}{placed.version}")
    snapshots.finish(placed)
    return placed
