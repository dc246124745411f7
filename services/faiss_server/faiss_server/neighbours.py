"""Exact search through blocks of rows, and merging the answers of parts. No state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .arrays import Bits, Floats, Ids

faiss_untyped: Any = faiss
"""faiss' own type hints leave out what its Python wrapper adds."""

METRICS = {
    "l2": faiss.METRIC_L2,
    "ip": faiss.METRIC_INNER_PRODUCT,
    "cosine": faiss.METRIC_INNER_PRODUCT,
}
"""Cosine is the inner product of vectors that were brought to length 1 on their way in."""

Found = tuple["Floats", "Ids"]
"""Distances and row numbers, queries × k; row -1 where there is no further neighbour."""


@dataclass(frozen=True, eq=False)
class Query:
    """What is asked: the ``k`` nearest of each vector, by ``metric``."""

    vectors: Floats
    k: int
    metric: str


def exact(query: Query, parts: Iterable[tuple[int, Floats]], alive: Bits | None) -> list[Found]:
    """The nearest rows in each part. ``alive`` is None when every row is."""
    return [_in_block(query, first, block, alive) for first, block in parts]


def merge(found: Sequence[Found], k: int, metric: str) -> Found:
    """The ``k`` best over all parts, best first."""
    if len(found) == 1 and found[0][0].shape[1] == k:
        return found[0]
    distances = np.concatenate([part[0] for part in found], axis=1)
    rows = np.concatenate([part[1] for part in found], axis=1)
    cost = distances if metric == "l2" else -distances
    cost = np.where(rows < 0, np.inf, cost)
    order = np.argsort(cost, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, order, 1), np.take_along_axis(rows, order, 1)


def selector(alive: Bits) -> faiss.IDSelector:
    """What lets faiss see only the rows whose bit is set. ``alive`` must outlive it."""
    return faiss.IDSelectorBitmap(alive.size, faiss.swig_ptr(alive))


def _in_block(query: Query, first: int, block: Floats, alive: Bits | None) -> Found:
    k = min(query.k, len(block))
    bits = None if alive is None else _bits_of(alive, first, len(block))
    if bits is None or bool(np.all(np.unpackbits(bits, count=len(block), bitorder="little"))):
        distances, rows = faiss.knn(query.vectors, block, k, metric=METRICS[query.metric])
    else:
        distances, rows = _selected(query, block, k, bits)
    return distances, np.where(rows < 0, rows, rows + first)


def _bits_of(alive: Bits, first: int, count: int) -> Bits:
    """The bits of ``count`` rows from ``first``, moved so that the first row has bit 0."""
    if first % 8 == 0:
        return alive[first // 8 : -(-(first + count) // 8)]
    low, high = first // 8, -(-(first + count) // 8)
    loose = np.unpackbits(alive[low:high], bitorder="little")[first % 8 :][:count]
    return np.packbits(loose, bitorder="little")


def _selected(query: Query, block: Floats, k: int, bits: Bits) -> Found:
    """``faiss.knn`` knows no selector; the functions beneath it do."""
    count, dimension = query.vectors.shape
    distances = np.empty((count, k), np.float32)
    rows = np.empty((count, k), np.int64)
    pointers = [
        faiss.swig_ptr(query.vectors),
        faiss.swig_ptr(block),
        dimension,
        count,
        len(block),
        k,
    ]
    pointers += [faiss.swig_ptr(distances), faiss.swig_ptr(rows)]
    if query.metric == "l2":
        faiss_untyped.knn_L2sqr(*pointers, None, selector(bits))
    else:
        faiss_untyped.knn_inner_product(*pointers, selector(bits))
    return distances, rows
