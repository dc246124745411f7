"""The whole of the server but HTTP: opens the store in the background and keeps it in shape."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from .builder import Builder
from .committer import Change, Committer
from .errors import Busy, Refused
from .follower import Follower
from .segments import LogDamagedError
from .snapshotting import Snapshotter
from .store import Store

if TYPE_CHECKING:
    from .manifest import Manifest
    from .settings import Settings

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5
UPKEEP_SECONDS = 0.1
FOLD_FROM = 1024
"""Rows that wait for the built index before they are taken in: fewer are found faster exactly."""
SNAPSHOT_LOG_BYTES = 256 * 2**20
"""A log of this size, and of half the last snapshot's, is worth a new snapshot."""


class Engine:
    """Loading, then serving; ``failure`` says why it does not serve."""

    def __init__(self, settings: Settings) -> None:
        """Nothing happens before ``start``."""
        self.settings = settings
        self.failure: str | None = "the indexes are being loaded"
        self.damage: str | None = None
        self._store: Store | None = None
        self._opened = threading.Event()
        self._stopping = threading.Event()
        self._snapshot_wanted = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Load in the background, then keep the store in shape."""
        for work in (self._load, self._follow):
            thread = threading.Thread(target=work, name=work.__name__.strip("_"), daemon=True)
            self._threads.append(thread)
            thread.start()

    @property
    def store(self) -> Store:
        """The open store; raises Busy while there is none."""
        if self._store is None or self.failure:
            raise Busy(f"not serving: {self.failure}", retry_after=1)
        return self._store

    @property
    def open_store(self) -> Store | None:
        """The store, or None while there is none."""
        return None if self.failure else self._store

    @property
    def checksum_failures(self) -> int:
        """Snapshots and logs that were found bad since the start."""
        found = len(self._store.bad_snapshots) if self._store else 0
        return found + (self.damage is not None)

    def submit(self, change: Change) -> Change:
        """Queue a change; raises Busy when the queue is full or nothing is served."""
        _ = self.store
        self.committer.submit(change)
        return change

    def snapshot(self) -> Manifest:
        """A snapshot of this moment."""
        _ = self.store
        return self.snapshotter.take()

    def stop(self) -> None:
        """Finish the changes that wait, write everything down, and let go of the directory."""
        self._stopping.set()
        self._opened.set()
        if self._store is not None:
            self.committer.stop()
            for thread in self._threads:
                thread.join(timeout=5)
            self._store.close()

    def _load(self) -> None:
        while not self._stopping.is_set() and self._store is None:
            try:
                store = Store(self.settings)
            except LogDamagedError as error:
                self.damage = self.failure = str(error)
                log.exception("the log is damaged")
                break
            except (OSError, Refused) as error:
                reason = getattr(error, "strerror", None) or error
                self.failure = f"{self.settings.data_directory} cannot be used: {reason}"
                self._stopping.wait(RETRY_SECONDS)
                continue
            self.serve(store)
        self._opened.wait()
        self._keep_in_shape()

    def serve(self, store: Store) -> None:
        """Begin to serve an open store."""
        self.committer = Committer(store.commit, store.idle, self.settings.queue_length)
        self.snapshotter = Snapshotter(store, self.committer)
        self.builder = Builder(self.committer, lambda: store.memory, self._snapshot_wanted.set)
        self.follower = Follower(store, self.committer)
        self._store, self.failure, self.damage = store, None, None
        vectors = {index.spec.name: index.contents.vectors for index in store.catalogue}
        fields = {"position": store.log.position, "role": store.role.role, "vectors": vectors}
        log.info("serving", extra={"fields": fields})
        self._opened.set()

    def _follow(self) -> None:
        self._opened.wait()
        while not self._stopping.is_set():
            store = self.open_store
            if store is None or store.is_writer:
                self._stopping.wait(UPKEEP_SECONDS)
            else:
                self.follower.step(self._stopping)

    def _keep_in_shape(self) -> None:
        while not self._stopping.wait(UPKEEP_SECONDS):
            try:
                self._fold()
                self._rebuild()
                self._snapshot()
            except (Refused, OSError) as error:
                log.warning("upkeep failed", extra={"fields": {"reason": str(error)}})
                self._stopping.wait(RETRY_SECONDS)

    def _fold(self) -> None:
        for index in self.store.catalogue:
            contents = index.contents
            if contents.built is None or contents.waiting < FOLD_FROM:
                continue
            end = contents.rows.count
            while contents.boundary < end and not self._stopping.is_set():
                contents.fold(end)

    def _rebuild(self) -> None:
        for index in self.store.catalogue:
            if index.rebuild.state != "running" and self.store.is_writer and index.wants_rebuild:
                try:
                    self.builder.start(index)
                except Busy:
                    return

    def _snapshot(self) -> None:
        store = self.store
        enough = max(SNAPSHOT_LOG_BYTES, store.snapshot.size // 2 if store.snapshot else 0)
        if self._snapshot_wanted.is_set() or store.log.bytes_since_snapshot > enough:
            self._snapshot_wanted.clear()
            self.snapshotter.take()
