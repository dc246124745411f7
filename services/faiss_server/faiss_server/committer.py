"""The one thread that changes anything: changes are grouped, logged, then applied and answered.

Everything that must see a moment between two changes runs here too (``call``): capturing a
snapshot, swapping a rebuilt index, handing over the role.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import Busy
from .record import Add, Remove

if TYPE_CHECKING:
    from collections.abc import Callable

    from .record import Record, Spec

GROUP_BYTES = 8 * 2**20
"""A group that has reached this is written: a larger one would keep the first caller waiting."""
IDLE_SECONDS = 1.0

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Done:
    """A durable change: the position of the log, vectors added, ids removed or replaced."""

    position: int
    added: int
    removed: int


@dataclass(frozen=True, eq=False)
class Change:
    """A record on its way.

    ``new``: none of its ids may exist. ``spec``: of the index that the vectors were prepared for.
    """

    record: Record
    new: bool = False
    spec: Spec | None = None
    done: Future[Done] = field(default_factory=Future)

    @property
    def bytes(self) -> int:
        """What it adds to the log, about."""
        return self.record.vectors.nbytes if isinstance(self.record, Add) else 0


@dataclass(frozen=True, eq=False)
class Call:
    """Work for the thread, between two changes."""

    work: Callable[[], Any]
    done: Future[Any] = field(default_factory=Future)


class Committer:
    """Runs ``commit`` on groups of changes, and calls, in the order in which they came."""

    def __init__(
        self, commit: Callable[[list[Change]], None], idle: Callable[[], None], limit: int
    ) -> None:
        """At most ``limit`` changes wait; ``idle`` runs when nothing has come for a while."""
        self._commit, self._idle, self._limit = commit, idle, limit
        self._waiting: deque[Change | Call] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def submit(self, change: Change) -> Future[Done]:
        """Queue a change; raises Busy when too many wait."""
        with self._changed:
            if self._stopping or len(self._waiting) >= self._limit:
                raise Busy(f"{len(self._waiting)} changes are waiting already", retry_after=1)
            self._waiting.append(change)
            self._changed.notify()
        return change.done

    def call(self, work: Callable[[], T]) -> Future[T]:
        """Queue work; there is always room for it. After ``stop`` its answer is Busy."""
        call = Call(work)
        with self._changed:
            if self._stopping:
                call.done.set_exception(Busy("the server stops"))
                return call.done
            self._waiting.append(call)
            self._changed.notify()
        return call.done

    @property
    def depth(self) -> int:
        """How many changes and calls wait."""
        return len(self._waiting)

    def stop(self) -> None:
        """Finish what waits, take nothing more, and return when all is done."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._changed.wait_for(self._has_work, IDLE_SECONDS):
                    group = None
                elif not self._waiting:
                    return
                else:
                    group = self._take()
            if group is None:
                self._idle()
            elif isinstance(group, Call):
                _finish(group)
            else:
                # From here on nobody can cancel: the answer and the log must agree.
                self._commit_or_die(
                    [one for one in group if one.done.set_running_or_notify_cancel()]
                )

    def _commit_or_die(self, group: list[Change]) -> None:
        """What is in the log and was not applied is put right by a start, and by nothing else."""
        try:
            self._commit(group)
        except BaseException:
            log.critical("a change could not be applied; starting anew", exc_info=True)
            logging.shutdown()
            os._exit(os.EX_SOFTWARE)

    def _has_work(self) -> bool:
        return self._stopping or bool(self._waiting)

    def _take(self) -> Call | list[Change]:
        """The next call, or the changes that may share one write.

        No two of a group touch the same id of the same index, so each can be checked against the
        state before the group. Creating and dropping are alone.
        """
        first = self._waiting.popleft()
        if isinstance(first, Call):
            return first
        group, size = [first], first.bytes
        touched = _ids_of(first) if self._waiting else set()
        while self._waiting and touched and size < GROUP_BYTES:
            following = self._waiting[0]
            if isinstance(following, Call):
                break
            ids = _ids_of(following)
            if not ids or not touched.isdisjoint(ids):
                break
            touched |= ids
            size += following.bytes
            group.append(following)
            self._waiting.popleft()
        return group


def _ids_of(change: Change) -> set[tuple[str, int]]:
    record = change.record
    if isinstance(record, Add | Remove):
        return {(record.index, number) for number in record.ids.tolist()}
    return set()


def _finish(call: Call) -> None:
    if not call.done.set_running_or_notify_cancel():
        return
    try:
        call.done.set_result(call.work())
    except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
        call.done.set_exception(error)
