"""Judges FAISS_INDEX_TYPE by asking faiss to build an empty index of that kind."""

from __future__ import annotations

import re
import resource
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import faiss

from .environment import SettingError
from .errors import Invalid
from .planner import plan

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE_VECTORS = 100_000
"""A number of vectors, for the sizes that the guide's ``IVF,PQ`` leaves to the data."""
LARGEST_CODEBOOK = 2**20
"""Centroids that anybody may ask for over HTTP: empty, they already take memory."""

VARIABLE = "FAISS_INDEX_TYPE"
REMEDY = "write IVF,PQ or a faiss index_factory string, such as Flat, HNSW32 or IVF4096,PQ64"

DIMENSIONS = (128, 200, 300, 384, 512, 768, 896, 1024, 1536, 3072, 4096)
"""Dimensions of embedding models in use. A product quantizer wants one that it divides."""

LONGEST = 200
ROOM = 2**30
"""Bytes that an empty index may take. ``IVF1000000000`` asks for 48 GB before its first vector."""


def require_valid(index_type: str) -> None:
    """Raise SettingError unless faiss can build an index of this kind for some dimension.

    Call it before other threads start: it lowers the memory limit of the process for a moment.
    """
    with _limited_memory(ROOM):
        if not any(_builds(index_type, dimension) for dimension in DIMENSIONS):
            raise SettingError(VARIABLE, index_type, REMEDY)


def require_buildable(index_type: str, dimension: int) -> None:
    """Raise Invalid unless faiss can build an index of this kind for this dimension."""
    if not _is_modest(index_type) or not _builds(index_type, dimension):
        raise Invalid(
            f"faiss cannot build {index_type[:60]!a} for dimension {dimension}: {REMEDY}; a "
            "product quantizer PQn wants n to divide the dimension"
        )


def _is_modest(index_type: str) -> bool:
    """No number so large that an empty index is."""
    numbers = [int(digits) for digits in re.findall(r"[0-9]{1,12}", index_type)]
    return len(index_type) <= LONGEST and all(one <= LARGEST_CODEBOOK for one in numbers)


def _builds(index_type: str, dimension: int) -> bool:
    if not index_type.isascii():
        return False
    try:
        sized = plan(index_type, vectors=EXAMPLE_VECTORS, dimension=dimension)
        index = faiss.index_factory(dimension, sized.factory)
    except (RuntimeError, MemoryError, OverflowError):
        return False
    inverted_file = faiss.try_extract_index_ivf(index)
    return inverted_file is None or inverted_file.nlist > 0


@contextmanager
def _limited_memory(room: int) -> Iterator[None]:
    """Let the process take ``room`` more bytes of address space, and no more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    ceiling = pages * resource.getpagesize() + room
    resource.setrlimit(resource.RLIMIT_AS, (ceiling if soft < 0 else min(soft, ceiling), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
