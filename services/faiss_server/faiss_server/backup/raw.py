"""Reads an index that faiss itself wrote (``write_index``): whose vectors, under which ids.

Only kinds are read of which it is known where the vectors are; nothing is guessed, and nothing is
ever unpickled.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from ..api.codec import checked_ids, checked_vectors
from ..errors import Invalid
from .errors import BackupError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..arrays import Floats, Ids

METRICS = {faiss.METRIC_L2: "l2", faiss.METRIC_INNER_PRODUCT: "ip"}
EXACT = ("IndexFlat", "IndexFlatL2", "IndexFlatIP", "IndexIVFFlat", "IndexHNSWFlat")
"""Kinds that hold the vectors as they were added."""
DECODED = (
    "IndexPQ",
    "IndexScalarQuantizer",
    "IndexIVFPQ",
    "IndexIVFScalarQuantizer",
    "IndexHNSWPQ",
    "IndexHNSWSQ",
    "IndexPreTransform",
)
"""Kinds that hold codes, from which vectors are made that are only near to those added."""
HASHTABLE = 2
"""``DirectMap::Hashtable`` of faiss: finds vectors by ids that are not in sequence."""
BATCH_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Raw:
    """An index in a file. ``ids`` by position; ``keys``: what faiss calls each position inside.

    ``inner`` is a part of ``whole``, and faiss frees it with that.
    """

    whole: Any
    inner: Any
    kind: str
    metric: str
    ids: Ids
    keys: Ids

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        return int(self.inner.d)

    @property
    def exact(self) -> bool:
        """Whether the vectors are those that were added."""
        return self.kind.removeprefix("IndexRefine of ") in EXACT

    def batches(self) -> Iterator[tuple[Ids, Floats]]:
        """All ids and vectors, some megabytes at a time; BackupError for NaN or an infinity."""
        rows = max(1, BATCH_BYTES // (4 * self.dimension))
        for low in range(0, len(self.ids), rows):
            vectors = self.inner.reconstruct_batch(self.keys[low : low + rows])
            try:
                yield self.ids[low : low + rows], checked_vectors(vectors)
            except Invalid as error:
                raise BackupError(f"from position {low} on: {error}") from None


def read(path: Path, ids: Path | None) -> Raw:
    """What ``path`` holds; BackupError for anything that would have to be guessed."""
    if not path.is_file():
        raise BackupError(f"{path} is no file")
    try:
        whole = index = faiss.read_index(str(path))
    except RuntimeError:
        raise BackupError(f"{path} is no index that faiss {faiss.__version__} can read") from None
    own: Ids | None = None
    if isinstance(index, faiss.IndexIDMap):
        own = faiss.vector_to_array(index.id_map)
        index = faiss.downcast_index(index.index)
    inner, kind = _vectors_of(index)
    keys = _keys(inner)
    if own is None and not np.array_equal(keys, np.arange(len(keys))):
        own = keys
    elif own is not None and not np.array_equal(keys, np.arange(len(own))):
        raise BackupError(f"{path}: its ids and its vectors do not belong together")
    found = _ids(own, ids, len(keys))
    return Raw(whole=whole, inner=inner, kind=kind, metric=_metric(inner), ids=found, keys=keys)


def _vectors_of(index: Any) -> tuple[Any, str]:
    """The part that holds the vectors, and its kind."""
    kind = type(index).__name__
    if kind in ("IndexRefineFlat", "IndexRefine"):
        inner, kind = _vectors_of(faiss.downcast_index(index.refine_index))
        return inner, f"IndexRefine of {kind}"
    if kind not in EXACT + DECODED:
        known = ", ".join(EXACT + DECODED)
        raise BackupError(f"{kind} is a kind whose vectors cannot be read; known are {known}")
    if not index.is_trained or index.ntotal == 0:
        raise BackupError(f"the {kind} is empty")
    return index, kind


def _keys(inner: Any) -> Ids:
    """By which numbers ``inner`` finds its vectors again: rising, each once."""
    transformed = isinstance(inner, faiss.IndexPreTransform)
    lists: Any = faiss.downcast_index(inner.index) if transformed else inner
    if not isinstance(lists, faiss.IndexIVF):
        return np.arange(inner.ntotal)
    lists.set_direct_map_type(HASHTABLE)
    held: Any = lists.invlists
    parts = [
        faiss.rev_swig_ptr(held.get_ids(number), held.list_size(number)).copy()
        for number in range(held.nlist)
        if held.list_size(number)
    ]
    found = np.sort(np.concatenate(parts))
    if len(found) != inner.ntotal:
        raise BackupError(f"it says {inner.ntotal} vectors and holds {len(found)}")
    return found


def _metric(inner: Any) -> str:
    if inner.metric_type not in METRICS:
        known = " and ".join(METRICS.values())
        raise BackupError(f"its metric is number {inner.metric_type} of faiss; known are {known}")
    return METRICS[inner.metric_type]


def _ids(own: Ids | None, path: Path | None, count: int) -> Ids:
    """Those in the index, else those in a file, else the positions, which is what faiss answers."""
    if own is not None and path is not None:
        raise BackupError(f"the index has ids of its own, and {path} has others: leave one out")
    found = own if own is not None else np.arange(count) if path is None else _listed(path)
    if len(found) != count:
        raise BackupError(f"there are {len(found)} ids for {count} vectors")
    try:
        return checked_ids(np.ascontiguousarray(found, np.int64))
    except Invalid as error:
        raise BackupError(f"the ids cannot be taken over: {error}") from None


def _listed(path: Path) -> Ids:
    """A JSON list, or an array of numpy (``.npy``) without objects."""
    try:
        if path.suffix == ".npy":
            found = np.load(path, allow_pickle=False)
        else:
            found = np.array(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError):
        raise BackupError(f"{path} holds no ids: a JSON list, or a .npy of numbers") from None
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise BackupError(f"{path} holds no list of whole numbers")
    return np.asarray(found, np.int64)
