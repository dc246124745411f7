"""The vectors of an index as they came in: one append-only file, read through memory maps.

Writing goes through ``pwrite``, never through a map: on a full disk that is an error, not SIGBUS.
What is written here needs no fsync. The log and the snapshots are what survives; this file is made
anew from them at every start.
"""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .arrays import Floats

FEWEST_ROWS = 1024
"""Rows of a block are a multiple of this, so that every block begins at a page."""
FIRST_BLOCK = 2**20
LARGEST_BLOCK = 64 * 2**20
FLOAT = 4


class Rows:
    """``count`` rows of ``dimension`` float32, readable by any thread, appended to by one."""

    def __init__(self, path: Path, dimension: int) -> None:
        """Begin an empty file at ``path``."""
        self.dimension = dimension
        self.count = 0
        self._staged = 0
        self._path = path
        self._file = path.open("w+b", buffering=0)
        self._starts: list[int] = []
        self._blocks: list[Floats] = []
        self._capacity = 0

    def stage(self, vectors: Floats) -> None:
        """Write ``vectors`` behind what is staged already; readers see nothing of them.

        Raises OSError when the disk is full.
        """
        end = self._staged + len(vectors)
        while end > self._capacity:
            self._map_another_block()
        data = np.ascontiguousarray(vectors, np.float32).data.cast("B")
        place = self._staged * self.dimension * FLOAT
        while data:
            written = os.pwrite(self._file.fileno(), data, place)
            data, place = data[written:], place + written
        self._staged = end

    def unstage(self) -> None:
        """Forget what is staged and was not published."""
        self._staged = self.count

    def publish(self, count: int) -> None:
        """Let readers see ``count`` more of the staged rows."""
        self.count += count

    def parts(self, start: int, end: int) -> Iterator[tuple[int, Floats]]:
        """Rows from ``start`` to ``end`` without copying, as (first row, rows) by block."""
        for first, block in zip(self._starts, self._blocks, strict=False):
            low, high = max(start, first), min(end, first + len(block))
            if low < high:
                yield low, block[low - first : high - first]

    def take(self, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
        """A copy of some rows, given in rising order."""
        found = np.empty((len(rows), self.dimension), np.float32)
        for first, block in zip(self._starts, self._blocks, strict=False):
            low, high = np.searchsorted(rows, [first, first + len(block)])
            found[low:high] = block[rows[low:high] - first]
        return found

    def delete(self) -> None:
        """Take the file's name away; maps that are in use stay good."""
        self._path.unlink(missing_ok=True)
        self._file.close()

    @property
    def deleted(self) -> bool:
        """Whether ``delete`` was called."""
        return self._file.closed

    def _map_another_block(self) -> None:
        row = self.dimension * FLOAT
        wanted = min(max(self._capacity * row, FIRST_BLOCK), LARGEST_BLOCK)
        rows = -(-wanted // (row * FEWEST_ROWS)) * FEWEST_ROWS
        begin, length = self._capacity * row, rows * row
        os.ftruncate(self._file.fileno(), begin + length)
        view = mmap.mmap(self._file.fileno(), length, offset=begin, access=mmap.ACCESS_READ)
        # Blocks before starts: a reader that zips the two never sees a start without its block.
        self._blocks.append(np.frombuffer(view, np.float32).reshape(rows, self.dimension))
        self._starts.append(self._capacity)
        self._capacity += rows
