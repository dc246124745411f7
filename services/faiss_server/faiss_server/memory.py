"""The ceiling of FAISS_CACHE_SIZE: what indexes may take, asked before they take it."""

from __future__ import annotations

import resource
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from .errors import NoRoom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

PAGE = resource.getpagesize()
BASELINE = 256 * 10**6
"""What the process takes without any vector: interpreter, libraries, and requests under way."""


class Memory:
    """Adds up a model of all indexes, and looks at what the process really holds.

    ``used`` answers the model's bytes at this moment. Rows that are searched exactly are pages of
    a file, which the kernel can take back: the model counts them, the process' own memory does not.
    """

    def __init__(self, ceiling: int, used: Callable[[], int]) -> None:
        """``ceiling`` in bytes."""
        self.ceiling = ceiling
        self._used = used
        self._reserved = 0
        self._lock = Lock()

    def require(self, more: int, what: str) -> None:
        """Raise NoRoom unless ``more`` bytes for ``what`` fit below the ceiling."""
        expected = self._used() + self._reserved + more
        if expected > self.ceiling:
            raise NoRoom(
                f"{what} would bring the indexes to {expected} bytes of memory, and "
                f"FAISS_CACHE_SIZE allows {self.ceiling}: drop an index, or raise it"
            )
        held = own_bytes()
        if held + more > self.ceiling + BASELINE:
            raise NoRoom(
                f"the process holds {held} bytes of memory, and FAISS_CACHE_SIZE allows "
                f"{self.ceiling}: {what} does not fit; drop an index or raise it"
            )

    def reserve(self, more: int, what: str) -> AbstractContextManager[None]:
        """Hold ``more`` bytes for work in the background; raises NoRoom."""
        with self._lock:
            self.require(more, what)
            self._reserved += more
        return self._release(more)

    @contextmanager
    def _release(self, more: int) -> Iterator[None]:
        try:
            yield
        finally:
            with self._lock:
                self._reserved -= more


def own_bytes() -> int:
    """Resident memory of the process that is no file's: what the kernel counts and cannot drop."""
    resident, shared = Path("/proc/self/statm").read_text().split()[1:3]
    return (int(resident) - int(shared)) * PAGE
