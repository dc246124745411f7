"""Follows a writer over HTTP: its newest snapshot first, then its log, frame by frame."""

from __future__ import annotations

import logging
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from . import manifest as manifests
from .errors import Conflict, Refused
from .record import (
    HEADER,
    BadFrameError,
    NewEpoch,
    Restored,
    read_header,
    records_in,
    require_payload,
)
from .remote import Remote, RemoteError
from .roles import WRITER, shared
from .segments import LogDamagedError
from .snapshot_files import BadSnapshotError, verify

if TYPE_CHECKING:
    from threading import Event

    from .committer import Committer
    from .manifest import Manifest
    from .roles import Role
    from .store import Store

WAIT_SECONDS = 5
PAUSE_SECONDS = 0.5

log = logging.getLogger(__name__)

FAILURES = (RemoteError, BadSnapshotError, BadFrameError, LogDamagedError, Refused, OSError)
"""What a later attempt may cure."""


class DivergedError(Exception):
    """What follows cannot be had from the log: a snapshot has to be taken over."""


class Follower:
    """Brings a store after its writer's. ``writer_position`` is what the writer said last."""

    def __init__(self, store: Store, committer: Committer) -> None:
        """Nothing is asked before ``step``."""
        self._store, self._committer = store, committer
        self._snapshot_seen = ""
        self.writer_position = 0
        self.failure: str | None = "the writer has not been asked yet"
        self._caught_up: float | None = None

    @property
    def lag_seconds(self) -> float:
        """Seconds since this server held all that the writer had; infinite before the first time.

        By the monotonic clock, which no step of the wall clock moves.
        """
        return float("inf") if self._caught_up is None else time.monotonic() - self._caught_up

    @property
    def lag_records(self) -> int:
        """Records that the writer had when it was last asked, and this server has not."""
        return max(0, self.writer_position - self._store.log.position)

    def step(self, stopping: Event) -> None:
        """Ask once, take over what comes, and wait a little when it fails."""
        role = self._store.role
        try:
            self._follow(role, Remote(role.writer))
            self.failure = None
        except FAILURES as error:
            reason = " ".join(str(error).split())
            if reason != self.failure:
                log.warning("cannot follow", extra={"fields": {"reason": reason}})
            self.failure = reason
            stopping.wait(PAUSE_SECONDS)

    def _follow(self, role: Role, writer: Remote) -> None:
        if self._store.log.failure:
            self._committer.call(self._store.reload).result()
        position, epoch = self._store.log.position, self._store.epoch
        wait = 0 if self._caught_up is None else WAIT_SECONDS
        answer = writer.log_after(position, epoch, wait)
        if answer is None:
            self._take_over(role, writer, diverged=True)
            return
        try:
            if answer.frames:
                self._committer.call(lambda: self._ingest(role, answer.frames)).result()
        except DivergedError:
            self._take_over(role, writer, diverged=True)
            return
        self.writer_position = answer.position
        if self._store.log.position >= answer.position:
            self._caught_up = time.monotonic()
        if answer.snapshot != self._snapshot_seen:
            self._refresh(role, writer, answer.snapshot)

    def _ingest(self, role: Role, frames: bytes) -> None:
        """On the committer's thread: the same records under the same numbers, on our own disk."""
        store, view = self._store, memoryview(frames)
        self._require_unchanged(role)
        while view:
            header = read_header(view)
            payload = view[HEADER.size : header.size]
            require_payload(header, payload)
            view = view[header.size :]
            if not header.records:
                continue
            records = list(records_in(payload))
            begins = isinstance(records[0], NewEpoch)
            if header.first != store.log.position + 1 or not (
                begins or header.epoch == store.epoch
            ):
                raise DivergedError
            if any(isinstance(record, Restored) for record in records):
                raise DivergedError
            changes = [record for record in records if not isinstance(record, NewEpoch)]
            try:
                for record in changes:
                    store.catalogue.stage(record)
                store.log.append_copy(header, payload)
            except BaseException:
                store.catalogue.unstage()
                raise
            if header.epoch != store.epoch:
                store.epochs += ((header.epoch, header.first),)
            for record in changes:
                store.catalogue.apply(record)
            store.applied = header.last

    def _require_unchanged(self, role: Role) -> None:
        """What was asked of a writer is worth nothing once this server follows it no more."""
        if self._store.role is not role:
            raise Conflict("the role of this server changed meanwhile")

    def _refresh(self, role: Role, writer: Remote, version: str) -> None:
        """Take over a snapshot of the writer when it holds an index that was built anew."""
        manifest = writer.manifest(version)
        ours = {index.spec.name: index.contents.built for index in self._store.catalogue}
        position = manifest.position
        reached = position > self._store.log.position or self._store.log.reaches(position)
        for entry in manifest.indexes if reached else ():
            built = ours.get(entry.name)
            if entry.name in ours and entry.build and (
                built is None or built.origin.build != entry.build
            ):  # fmt: skip
                self._take_over(role, writer, diverged=False)
                return
        self._snapshot_seen = version

    def _take_over(self, role: Role, writer: Remote, *, diverged: bool) -> None:
        """Fetch the newest snapshot, verify it, and only then serve it.

        When the logs have ``diverged``, and ours is no beginning of the snapshot, ours is put
        aside: the writer's is the truth.
        """
        position, epoch = self._store.log.position, self._store.epoch
        theirs = writer.newest_snapshot()
        diverged = diverged and not shared(theirs.epochs, epoch, position, theirs.position)
        if diverged:
            _require_promoted(writer, position)
        snapshots = self._store.snapshots
        number = snapshots.next_number()
        ours = replace(
            theirs, number=number, version=manifests.version_name(number, theirs.position)
        )
        root = snapshots.begin(ours.version)
        try:
            for file in theirs.files:
                (root / file.path).parent.mkdir(exist_ok=True)
                writer.fetch(theirs.version, file.path, root / file.path)
            verify(root, ours)
            self._committer.call(lambda: self._serve(role, ours, diverged=diverged)).result()
        except BaseException:
            shutil.rmtree(root, ignore_errors=True)
            raise
        self._snapshot_seen = theirs.version
        log.info("took over a snapshot", extra={"fields": {"version": theirs.version}})

    def _serve(self, role: Role, manifest: Manifest, *, diverged: bool) -> None:
        self._require_unchanged(role)
        self._store.take_over(manifest, diverged=diverged)


def _require_promoted(writer: Remote, position: int) -> None:
    """Keep our log from one that does not write yet: it may still copy what only we hold."""
    if writer.role() != WRITER:
        raise RemoteError(
            "the server to follow does not write: it has yet to copy what is here, up to record "
            f"{position}, or follows another"
        )
