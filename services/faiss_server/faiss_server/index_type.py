"""Judges FAISS_INDEX_TYPE by asking faiss to build an empty index of that kind."""

from __future__ import annotations

import resource
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import faiss

from .settings import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE_SIZES = {"IVF": "IVF256", "PQ": "PQ16"}
"""Stand-ins for the sizes that the guide's ``IVF,PQ`` leaves to the data."""

VARIABLE = "FAISS_INDEX_TYPE"
REMEDY = "write IVF,PQ or a faiss index_factory string, such as Flat, HNSW32 or IVF4096,PQ64"

DIMENSIONS = (128, 200, 300, 384, 512, 768, 896, 1024, 1536, 3072, 4096)
"""Dimensions of embedding models in use. A product quantizer wants one that it divides."""

ROOM = 2**30
"""Bytes that an empty index may take. ``IVF1000000000`` asks for 48 GB before its first vector."""


def expand(index_type: str) -> str:
    """``IVF,PQ`` as an ``index_factory`` string: each bare word gets an example size."""
    parts = index_type.split(",")
    return ",".join(EXAMPLE_SIZES.get(part, part) for part in parts)


def require_valid(index_type: str) -> None:
    """Raise SettingError unless faiss can build an index of this kind for some dimension.

    Call it before other threads start: it lowers the memory limit of the process for a moment.
    """
    with _limited_memory(ROOM):
        if not any(_builds(expand(index_type), dimension) for dimension in DIMENSIONS):
            raise SettingError(VARIABLE, index_type, REMEDY)


def _builds(description: str, dimension: int) -> bool:
    if not description.isascii():
        return False
    try:
        index = faiss.index_factory(dimension, description)
    except (RuntimeError, MemoryError):
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
