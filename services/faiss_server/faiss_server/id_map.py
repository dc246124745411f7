"""From the callers' ids to row numbers, in 16 bytes an id instead of a dictionary's hundred."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .arrays import Ids

RECENT = 65_536
"""How many newcomers are kept in a dictionary before they are sorted in."""


class IdMap:
    """The last row of every id ever put. For one thread at a time."""

    def __init__(self, ids: Ids, rows: Ids) -> None:
        """Start with ``ids`` at ``rows``; of equal ids the last counts."""
        self._recent: dict[int, int] = {}
        self._ids, self._rows = _sorted(ids, rows)

    def find(self, ids: Ids) -> Ids:
        """The row of each id, -1 where it was never put."""
        rows = np.full(len(ids), -1, np.int64)
        if len(self._ids):
            places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
            rows = np.where(self._ids[places] == ids, self._rows[places], rows)
        if self._recent:
            recent = self._recent
            for place, number in enumerate(ids.tolist()):
                row = recent.get(number)
                if row is not None:
                    rows[place] = row
        return rows

    def put(self, ids: Ids, rows: Ids) -> None:
        """Let ``ids`` lead to ``rows`` from here on."""
        self._recent.update(zip(ids.tolist(), rows.tolist(), strict=True))
        if len(self._recent) > RECENT:
            count = len(self._recent)
            newcomers = np.fromiter(self._recent.keys(), np.int64, count)
            places = np.fromiter(self._recent.values(), np.int64, count)
            self._ids, self._rows = _sorted(
                np.concatenate([self._ids, newcomers]), np.concatenate([self._rows, places])
            )
            self._recent = {}

    @property
    def nbytes(self) -> int:
        """Memory of the sorted part."""
        return int(self._ids.nbytes + self._rows.nbytes)


def _sorted(ids: Ids, rows: Ids) -> tuple[Ids, Ids]:
    order = np.argsort(ids, kind="stable")
    ids, rows = ids[order], rows[order]
    last = np.append(ids[1:] != ids[:-1], True) if len(ids) else np.zeros(0, bool)
    return ids[last], rows[last]
