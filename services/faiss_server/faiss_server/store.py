"""The data directory while it is served: catalogue, log, snapshots and role, and committing.

LOCK                one process at a time
role.json           the role, once it was another than the first writer's
log/                segments of the write-ahead log
snapshots/          versions, each a directory with a manifest
aside/              what was bad, for a person to look at
live/               rows of this process; made anew at every start
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

from . import roles, segments
from .committer import Done
from .errors import Busy, Conflict, NoRoom, NotTheWriter, Refused
from .files import alone
from .log import Log
from .memory import Memory
from .record import Add, NewEpoch
from .recovery import Recovered, recover
from .segments import LogDamagedError
from .snapshots import KEPT, Snapshots

if TYPE_CHECKING:
    from collections.abc import Callable

    from .catalogue import Catalogue
    from .committer import Change
    from .manifest import Manifest
    from .roles import Role
    from .settings import Settings

FOLD_WHILE_WRITING = 65_536
"""Rows that may wait for the built index before additions are slowed down to its pace."""


class Store:
    """An open data directory. All but reading happens on the committer's thread."""

    def __init__(self, settings: Settings) -> None:
        """Recover. Raises OSError when the directory cannot be used, and LogDamagedError."""
        root = settings.data_directory
        self.settings, self.root = settings, root
        self._open = ExitStack()
        self._open.enter_context(alone(root / "LOCK"))
        try:
            self.log_directory = root / "log"
            self.log_directory.mkdir(exist_ok=True)
            shutil.rmtree(root / "live", ignore_errors=True)
            self.snapshots = Snapshots(root / "snapshots", root / "aside")
            self.snapshots.remove_incomplete()
            stored = roles.load(root / "role.json")
            self.role = roles.at_start(stored, settings.role, settings.writer)
            self.memory = Memory(settings.cache_bytes, lambda: self.catalogue.bytes)
            self.bad_snapshots: dict[str, str] = {}
            self.torn_bytes = 0
            self._adopt(recover(self.snapshots, self.log_directory, root / "live"))
            # Whoever followed writes under an epoch of its own, also where a setting says so.
            if self.is_writer and (not self.epochs or (stored and stored.role != self.role.role)):
                self.begin_epoch()
            if self.role != stored and (stored or not self.is_writer):
                self.set_role(self.role)
        except BaseException:
            self._open.close()
            raise

    @property
    def is_writer(self) -> bool:
        return self.role.role == roles.WRITER

    @property
    def epoch(self) -> int:
        return roles.current(self.epochs)

    def commit(self, group: list[Change]) -> None:
        """Log and apply changes that may share one write, and answer each."""
        staged = [change for change in group if self._stage(change)]
        if not staged:
            return
        try:
            position = self.log.append([change.record for change in staged], self.epoch)
        except (Refused, OSError) as error:
            self.catalogue.unstage()
            refusal = error if isinstance(error, Refused) else Busy(f"no change is taken: {error}")
            for change in staged:
                change.done.set_exception(refusal)
            return
        for change in staged:
            removed = self.catalogue.apply(change.record)
            added = len(change.record.ids) if isinstance(change.record, Add) else 0
            change.done.set_result(Done(position, added, removed))
        self.applied = position
        self._keep_pace()

    def begin_epoch(self) -> None:
        """Become the writer: the log says so before any change of ours."""
        epoch = roles.next_epoch(self.epochs)
        self.applied = self.log.append([NewEpoch()], epoch)
        self.epochs += ((epoch, self.applied),)

    def set_role(self, role: Role) -> None:
        """Take a role, durably."""
        roles.store(self.root / "role.json", role)
        self.role = role

    def reload(self, prepare: Callable[[], None] = lambda: None) -> None:
        """Serve what the directory holds after ``prepare`` in place of what is served.

        When that cannot be read, the old indexes stay, no change is taken, and health says why.
        """
        self.log.close()
        before = self.catalogue
        try:
            prepare()
            self._adopt(recover(self.snapshots, self.log_directory, self.root / "live"))
        except (LogDamagedError, OSError) as error:
            self.log.failure = f"the indexes could not be loaded again: {error}"
            raise
        before.delete()

    def take_over(self, manifest: Manifest, *, diverged: bool) -> None:
        """Serve a snapshot of our writer whose files are there, followed by what our log adds.

        A log that ``diverged``, or ends before the snapshot, is put aside, and before the snapshot
        counts: a crash between the two leaves an older state of ours and never a mixture. Raises
        Conflict when our log begins after the snapshot.
        """
        behind = manifest.position > self.log.position
        if not (diverged or behind or self.log.reaches(manifest.position)):
            raise Conflict("the log here no longer reaches back to the snapshot of the writer")

        def prepare() -> None:
            if diverged or behind:
                segments.put_aside(self.root, "diverged" if diverged else "behind")
            self.snapshots.finish(manifest)

        self.reload(prepare)
        # After a divergence the others are of the other history: nothing may fall back to them.
        self.snapshots.prune(keep=1 if diverged else KEPT)

    def idle(self) -> None:
        """Use a quiet moment to vouch for the last record."""
        if not self.log.failure:
            self.log.seal()

    def close(self) -> None:
        """Write down what is not on disk yet, and let others have the directory."""
        self.log.close()
        self._open.close()

    def _adopt(self, found: Recovered) -> None:
        self.catalogue: Catalogue = found.catalogue
        self.epochs = found.epochs
        self.applied = found.position
        """The last record that searches see: the log's position runs ahead while one is written."""
        self.snapshot: Manifest | None = found.snapshot
        self.bad_snapshots.update(found.bad)
        self.torn_bytes += found.torn_bytes
        self.log: Log = Log(
            self.log_directory, found.position, interval=self.settings.fsync_interval
        )
        since = found.snapshot.position if found.snapshot else 0
        self.log.bytes_since_snapshot = segments.bytes_after(self.log_directory, since)

    def _stage(self, change: Change) -> bool:
        """Check a change and prepare it; a refusal is its answer."""
        try:
            self._require_writer()
            self._require_current(change)
            self.catalogue.stage(change.record, self.memory)
        except OSError as error:
            change.done.set_exception(NoRoom(f"the disk takes no more: {error.strerror}"))
        except Exception as error:  # noqa: BLE001 - whoever asked gets it, and the thread lives
            change.done.set_exception(error)
        else:
            return True
        return False

    def _require_writer(self) -> None:
        if not self.is_writer:
            where = f"; the writer is {self.role.writer}" if self.role.writer else ""
            raise NotTheWriter(f"this server is a follower and takes no changes{where}")

    def _require_current(self, change: Change) -> None:
        if not isinstance(change.record, Add):
            return
        index = self.catalogue.get(change.record.index)
        if change.spec not in {None, index.spec}:
            raise Conflict(f"{index.spec.name} was made anew meanwhile: add again")
        if change.new:
            index.require_new(change.record.ids)

    def _keep_pace(self) -> None:
        for index in self.catalogue:
            contents = index.contents
            while contents.built is not None and contents.waiting > FOLD_WHILE_WRITING:
                contents.fold(contents.rows.count)
