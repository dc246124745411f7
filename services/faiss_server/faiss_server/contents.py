"""What an index holds: rows, their ids, which of them are alive, and a built part over the first.

Rows are numbered as they come in. Rows before ``boundary`` are in the built index, later ones are
searched exactly; while there is no built index, all are. One thread changes the contents; any
thread may search meanwhile, because rows, ids and capacity only ever grow and are replaced whole.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from .id_map import IdMap
from .neighbours import Query, exact, merge
from .rows import Rows

if TYPE_CHECKING:
    from pathlib import Path

    from .arrays import Bits, Floats, Ids
    from .built import Built
    from .neighbours import Found

FOLD_SLICE = 256
"""Rows that go into the built index at a time: searches wait for no more than one slice."""
FEWEST_IDS = 1024


class Contents:
    """The contents of one index of vectors with ``dimension`` and ``metric``."""

    def __init__(self, path: Path, dimension: int, metric: str) -> None:
        """Nothing yet; the rows go to a new file at ``path``."""
        self.metric = metric
        self.rows = Rows(path, dimension)
        self.dead = 0
        self.built: Built | None = None
        self.boundary = 0
        self.built_from = 0
        self.folding = Lock()
        self._ids = np.empty(FEWEST_IDS, np.int64)
        self._alive = np.zeros(FEWEST_IDS // 8, np.uint8)
        self._map = IdMap(self._ids[:0], self._ids[:0])

    @property
    def vectors(self) -> int:
        """How many are alive."""
        return self.rows.count - self.dead

    @property
    def waiting(self) -> int:
        """Rows that are searched exactly."""
        return self.rows.count - self.boundary

    def ids(self, end: int) -> Ids:
        """The ids of the first ``end`` rows, dead ones too."""
        return self._ids[:end]

    def alive(self, end: int) -> Bits:
        """A copy of the bitmap of the first ``end`` rows."""
        bits = self._alive[: -(-end // 8)].copy()
        if end % 8:
            bits[-1] &= (1 << end % 8) - 1
        return bits

    def living(self, end: int, start: int = 0) -> Ids:
        """The numbers of the rows from ``start`` to before ``end`` that are alive, rising."""
        low = start // 8
        bits = self._alive[low : -(-end // 8)]
        rows = np.flatnonzero(np.unpackbits(bits, count=end - 8 * low, bitorder="little"))
        return rows[np.searchsorted(rows, start - 8 * low) :] + 8 * low

    def rows_of(self, ids: Ids) -> Ids:
        """The living row of each id, -1 where there is none."""
        rows = self._map.find(ids)
        there = rows >= 0
        bits = self._alive[rows >> 3] >> (rows & 7).astype(np.uint8) & 1
        return np.where(there & (bits == 1), rows, -1)

    def add(self, ids: Ids) -> int:
        """Publish as many staged rows as there are ids; answers how many ids they replace."""
        replaced = self.remove(ids)
        start, end = self.rows.count, self.rows.count + len(ids)
        if end > len(self._ids):
            self._grow(end)
        self._ids[start:end] = ids
        rows = np.arange(start, end)
        np.bitwise_or.at(self._alive, rows >> 3, (1 << (rows & 7)).astype(np.uint8))
        self._map.put(ids, rows)
        self.rows.publish(len(ids))
        return replaced

    def remove(self, ids: Ids) -> int:
        """Let ids die; answers how many were alive."""
        rows = self.rows_of(ids)
        rows = np.unique(rows[rows >= 0])
        # Counted first: a search that sees none dead looks at no bitmap.
        self.dead += len(rows)
        np.bitwise_and.at(self._alive, rows >> 3, ~(1 << (rows & 7)).astype(np.uint8))
        return len(rows)

    def resume(self, ids: Ids, alive: Bits) -> None:
        """Publish all staged rows at once, as a snapshot has them."""
        count = len(ids)
        self._grow(count)
        self._ids[:count] = ids
        self._alive[: len(alive)] = alive
        self.rows.publish(count)
        living = self.living(count)
        self.dead = count - len(living)
        self._map = IdMap(ids[living], living)

    def search(self, queries: Floats, k: int, nprobe: int | None) -> Found:
        """Distances and ids of the ``k`` nearest, best first; id -1 where there are no more."""
        found: list[Found] = []
        boundary, built = 0, self.built
        if built is not None:
            with built.lock.read():
                boundary, alive = self.boundary, self._mask()
                if built.vectors:
                    found.append(built.search(queries, k, nprobe, alive))
        count, ids, alive = self.rows.count, self._ids, self._mask()
        query = Query(queries, k, self.metric)
        found += exact(query, self.rows.parts(boundary, count), alive)
        distances, rows = merge(found, k, self.metric)
        return distances, np.where(rows < 0, -1, ids[rows])

    def fold(self, end: int) -> None:
        """Take one slice of the rows before ``end`` into the built index."""
        with self.folding:
            built = self.built
            start, stop = self.boundary, min(self.boundary + FOLD_SLICE, end)
            if built is None or start >= stop:
                return
            rows = self.living(stop, start)
            vectors = self.rows.take(rows)
            with built.lock.write():
                if len(rows):
                    built.add(vectors, rows)
                self.boundary = stop

    def bytes_for(self, more: int) -> int:
        """Memory with ``more`` rows: the built part, rows searched exactly, and the ids."""
        count = self.rows.count + more
        row = self.rows.dimension * 4
        per_id = 8 + 16 + 1
        if self.built is None:
            return count * (row + per_id)
        return self.built.bytes_for(self.boundary + more) + self.waiting * row + count * per_id

    def _mask(self) -> Bits | None:
        return self._alive if self.dead else None

    def _grow(self, end: int) -> None:
        """Larger arrays in place of the old ones, which a search may still be reading."""
        capacity = max(FEWEST_IDS, 1 << (end - 1).bit_length()) if end else FEWEST_IDS
        ids, alive = np.empty(capacity, np.int64), np.zeros(capacity // 8, np.uint8)
        ids[: self.rows.count] = self._ids[: self.rows.count]
        alive[: len(self._alive)] = self._alive[: len(alive)]
        self._ids, self._alive = ids, alive
