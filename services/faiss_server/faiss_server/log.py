"""The write-ahead log: frames in segment files, appended by one thread, read by any.

An append returns when its frame is on disk, as the fsync policy says: ``always`` after fdatasync,
otherwise after the write itself, with fdatasync at most that much later. A process that is killed
loses nothing in either case; a machine that loses power may lose the last interval in the second.
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from . import segments
from .errors import Gone, NoRoom
from .files import sync_directory
from .record import frame, read_header

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .record import Header, Record

SEGMENT_BYTES = 64 * 2**20
"""A segment that has reached this gets a successor."""

log = logging.getLogger(__name__)


class LogFailedError(OSError):
    """The disk failed in a way that leaves unknown what it holds; only a restart tells."""


class Log:
    """The end of the log. ``position`` is the last record's sequence number."""

    def __init__(self, directory: Path, position: int, *, interval: float | None = None) -> None:
        """Go on after ``position``, which recovery found.

        ``interval``: seconds between two fsyncs; None is one for each append.
        """
        self.directory = directory
        self.position = position
        self.durable = position
        self.failure: str | None = None
        self._sealed = position
        self.bytes_since_snapshot = 0
        self._interval = interval
        self._grown = threading.Condition()
        self._closed = threading.Event()
        self._sync_lock = threading.RLock()
        self._open_segment()
        if interval is not None:
            threading.Thread(target=self._sync_now_and_then, name="fsync", daemon=True).start()

    def append(self, records: Sequence[Record], epoch: int) -> int:
        """Write ``records`` as one frame and wait for the disk; answers the new position.

        Raises NoRoom when the disk is full: nothing is written then, and later appends may succeed.
        """
        data = frame(records, first=self.position + 1, epoch=epoch, durable=self.durable)
        return self._append(data, len(records))

    def append_copy(self, header: Header, payload: bytes | memoryview) -> int:
        """Write the frame of another server's log, vouching for our own disk only."""
        own = type(header)(**{**vars(header), "durable": self.durable})
        return self._append(own.encode() + bytes(payload), header.records)

    def seal(self) -> None:
        """Vouch for the last frame, so that damage to it is never taken for a torn end."""
        if self._sealed != self.durable:
            self._append(frame((), first=self.position + 1, epoch=0, durable=self.durable), 0)
            self._sealed = self.durable

    def _append(self, data: bytes, records: int) -> int:
        if self.failure:
            raise LogFailedError(self.failure)
        if self._size >= SEGMENT_BYTES:
            self._next_segment(self.position)
        self._write(data)
        self.position += records
        if self._interval is None:
            self.sync()
        return self.position

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            self._take_back()
            raise NoRoom(f"the log cannot be written: {error.strerror}") from error
        self._size += len(data)
        self.bytes_since_snapshot += len(data)

    def _take_back(self) -> None:
        try:
            self._file.truncate(self._size)
            self._file.seek(self._size)
        except OSError as error:
            self.failure = f"the log could not be cut after a failed write: {error.strerror}"

    def sync(self) -> None:
        """Wait until all that was written is on disk.

        A failed fsync is final: the kernel drops the pages and reports the error once only, so a
        second call would succeed without the data (the "fsyncgate" of PostgreSQL, 2018).
        """
        with self._sync_lock:
            position = self.position
            try:
                os.fdatasync(self._file.fileno())
            except OSError as error:
                self.failure = f"the log cannot be synced: {error.strerror}; restart the server"
                with suppress(OSError):
                    (self.directory / segments.UNSYNCED).touch()
                raise LogFailedError(self.failure) from error
            self.durable = position
        with self._grown:
            self._grown.notify_all()

    def _sync_now_and_then(self) -> None:
        while not self._closed.wait(self._interval):
            with self._sync_lock:
                if self.durable < self.position and not self.failure and not self._file.closed:
                    try:
                        self.sync()
                    except LogFailedError:
                        log.exception("the log failed")

    def _next_segment(self, position: int) -> None:
        # With the lock: nobody may sync a file that is closed, or another under its number.
        with self._sync_lock:
            self.sync()
            self._file.close()
            self.position = self.durable = position
            self._open_segment()

    def _open_segment(self) -> None:
        path = segments.path_of(self.directory, self.position + 1)
        self._file = path.open("ab", buffering=0)
        self._size = self._file.seek(0, os.SEEK_END)
        sync_directory(self.directory)

    def read(self, after: int, most: int) -> bytes:
        """Whole frames after position ``after``, at least one and about ``most`` bytes.

        Only what is durable is shown: a follower must never be ahead of its writer. Empty when
        there is nothing more; raises Gone when the log does not reach back that far.
        """
        if after >= self.durable:
            return b""
        found = bytearray()
        for path in segments.segments_from(self.directory, after + 1):
            with path.open("rb") as file:
                while len(head := file.read(segments.HEADER_BYTES)) == segments.HEADER_BYTES:
                    header = read_header(head)
                    if header.last > self.durable or len(found) >= most:
                        return bytes(found)
                    if header.last <= after:
                        file.seek(header.length, os.SEEK_CUR)
                        continue
                    if not found and header.first != after + 1:
                        raise Gone(f"the log has no frame that begins after {after}")
                    found += head + file.read(header.length)
        if not found:
            raise Gone(f"the log has no record {after + 1}")
        return bytes(found)

    def reaches(self, position: int) -> bool:
        """Whether every record after ``position`` is here."""
        return segments.first_of(segments.all_segments(self.directory)[0]) <= position + 1

    @property
    def bytes(self) -> int:
        """Bytes of all segments."""
        return segments.total_bytes(self.directory)

    def wait_beyond(self, position: int, seconds: float) -> bool:
        """Wait until the log is longer than ``position``; False when the time is over."""
        with self._grown:
            return self._grown.wait_for(lambda: self.durable > position, seconds)

    def prune(self, position: int) -> None:
        """Remove segments that hold nothing after ``position``."""
        segments.remove_before(self.directory, position)
        sync_directory(self.directory)

    def start_anew(self, position: int) -> None:
        """Go on after ``position``, a later one, in a new segment; the rest stays for reading."""
        self._next_segment(position)

    def close(self) -> None:
        """Write down what is not yet on disk, and stop."""
        self._closed.set()
        if not self._file.closed:
            if not self.failure:
                self.sync()
                self.seal()
            self._file.close()
