"""A faiss index over row numbers: derived from the rows, never needed to know what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from .locks import ReadWriteLock
from .neighbours import METRICS, selector
from .planner import probes_for

if TYPE_CHECKING:
    from pathlib import Path

    from .arrays import Bits, Floats, Ids
    from .neighbours import Found

faiss_untyped: Any = faiss
"""faiss' own type hints leave out what its Python wrapper adds."""

ID_BYTES = 8
SPARE = 1.25
"""Memory by size: inverted lists grow by doubling, each at its own time."""
COPY = 2.0
"""More for an index that keeps its codes in one array: growing it holds the old one too."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Which build this is: a name that no other build has, and the string it was made from."""

    build: str
    factory: str


class Built:
    """A trained index and the lock that keeps searches and additions apart."""

    def __init__(self, index: faiss.Index, origin: Origin) -> None:
        """``index`` is one that ``train`` or ``load`` made."""
        self.origin = origin
        self.lock = ReadWriteLock()
        self._index = index
        self._lists = faiss.try_extract_index_ivf(index)
        self._selects: bool | None = None

    @classmethod
    def train(cls, dimension: int, metric: str, sample: Floats, origin: Origin) -> Built:
        """An empty index, trained on ``sample``. Raises RuntimeError with faiss' own words."""
        index = faiss.index_factory(dimension, origin.factory, METRICS[metric])
        _prepare_training(index)
        if not index.is_trained:
            index.train(sample)
        if not isinstance(faiss.downcast_index(index), faiss.IndexIVF):
            index = faiss.IndexIDMap(index)
        return cls(index, origin)

    @classmethod
    def load(cls, path: Path, origin: Origin) -> Built:
        """The index in a file that ``save`` wrote and whose checksum is good."""
        return cls(faiss.read_index(str(path)), origin)

    def save(self, path: Path) -> None:
        """Write the index. Nobody may add meanwhile."""
        faiss.write_index(self._index, str(path))

    def add(self, vectors: Floats, rows: Ids) -> None:
        """Take in rows. The caller holds ``lock.write()`` where searches may run."""
        self._index.add_with_ids(vectors, rows)

    def search(self, queries: Floats, k: int, nprobe: int | None, alive: Bits | None) -> Found:
        """The ``k`` nearest rows that are alive, as far as the index finds them.

        The caller holds ``lock.read()``. An index that takes no selector is asked for more.
        """
        if alive is None:
            return _search(self._index, queries, k, self._parameters(nprobe, None))
        if self._selects is not False:
            try:
                found = _search(self._index, queries, k, self._parameters(nprobe, selector(alive)))
            except RuntimeError:
                self._selects = False
            else:
                self._selects = True
                return found
        return self._search_more(queries, k, nprobe, alive)

    @property
    def vectors(self) -> int:
        """How many were added; those that died since count too."""
        return int(self._index.ntotal)

    @property
    def lists(self) -> int | None:
        """Inverted lists, where the index has them."""
        return self._lists.nlist if self._lists is not None else None

    @property
    def probes(self) -> int | None:
        """Lists that a search visits unless it says otherwise."""
        return probes_for(self.lists) if self.lists is not None else None

    def bytes_for(self, vectors: int) -> int:
        """Memory, as a model: codes and ids, centroids, and what growing needs at once."""
        code = _code_size(self._index) + ID_BYTES
        spare = SPARE if self._lists is not None else COPY
        centroids = (self.lists or 0) * self._index.d * 4
        tables = 4 * 256 * self._index.d
        return int(vectors * code * spare) + centroids + tables

    def _parameters(self, nprobe: int | None, wanted: faiss.IDSelector | None) -> Any:
        if self._lists is None and wanted is None:
            return None
        probes = min(nprobe or self.probes or 1, self.lists or 1)
        return _parameters(self._index, probes, wanted)

    def _search_more(self, queries: Floats, k: int, nprobe: int | None, alive: Bits) -> Found:
        living = np.unpackbits(alive, bitorder="little").astype(bool)
        parameters = self._parameters(nprobe, None)
        wanted, total = 2 * k, self._index.ntotal
        while True:
            wanted = min(wanted, total)
            distances, rows = _search(self._index, queries, wanted, parameters)
            good = (rows >= 0) & living[rows]
            if wanted == total or bool(np.all(good.sum(axis=1) >= k)):
                order = np.argsort(~good, axis=1, kind="stable")[:, :k]
                rows = np.where(good, rows, -1)
                return np.take_along_axis(distances, order, 1), np.take_along_axis(rows, order, 1)
            wanted *= 4


def _search(
    index: faiss.Index, queries: Floats, k: int, parameters: faiss.SearchParameters | None
) -> Found:
    distances, rows = index.search(queries, k, params=parameters)
    return distances, rows


def _parameters(index: Any, probes: int, wanted: faiss.IDSelector | None) -> Any:
    """Search parameters in the shape that the layers of ``index`` ask for."""
    index = faiss.downcast_index(index)
    if isinstance(index, faiss.IndexIDMap):
        return _parameters(index.index, probes, wanted)
    if isinstance(index, faiss.IndexPreTransform):
        inner = _parameters(index.index, probes, wanted)
        return faiss_untyped.SearchParametersPreTransform(index_params=inner)
    if isinstance(index, faiss.IndexRefine):
        inner = _parameters(index.base_index, probes, wanted)
        return faiss_untyped.IndexRefineSearchParameters(base_index_params=inner)
    chosen = {} if wanted is None else {"sel": wanted}
    if isinstance(index, faiss.IndexIVF):
        return faiss_untyped.SearchParametersIVF(nprobe=probes, **chosen)
    if isinstance(index, faiss.IndexHNSW):
        return faiss_untyped.SearchParametersHNSW(efSearch=index.hnsw.efSearch, **chosen)
    return faiss_untyped.SearchParameters(**chosen)


def _code_size(index: Any) -> int:
    """Bytes of a vector in the index; an estimate for graphs, which faiss has no code for."""
    index = faiss_untyped.downcast_index(index)
    if isinstance(index, faiss_untyped.IndexIDMap):
        return ID_BYTES + _code_size(index.index)
    if isinstance(index, faiss_untyped.IndexPreTransform):
        return _code_size(index.index)
    if isinstance(index, faiss_untyped.IndexRefine):
        return _code_size(index.base_index) + _code_size(index.refine_index)
    if isinstance(index, faiss_untyped.IndexHNSW):
        links = 4 * (index.hnsw.nb_neighbors(0) + index.hnsw.nb_neighbors(1))
        return int(links) + _code_size(index.storage)
    try:
        size = int(index.sa_code_size())
    except RuntimeError:
        size = 8 * int(index.d)
    return size


def _prepare_training(index: Any) -> None:
    """Leave out what faiss would do for nothing, and say to nobody.

    ``index_factory`` orders polysemous training, simulated annealing for a filter (Douze et al.,
    2016) that no search here uses: a minute for a few thousand vectors. And it warns on standard
    error of few training points, which is the planner's concern.
    """
    lists = faiss_untyped.try_extract_index_ivf(index)
    for layer in (lists, faiss_untyped.downcast_index(index)):
        if hasattr(layer, "do_polysemous_training"):
            layer.do_polysemous_training = False
        for holder in (layer, getattr(layer, "pq", None)):
            clustering = getattr(holder, "cp", None)
            if clustering is not None:
                clustering.min_points_per_centroid = 1
