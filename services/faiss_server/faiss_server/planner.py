"""Sizes of an index, derived from its data. Pure.

The rules are those of faiss' guidelines ("Guidelines to choose an index"): lists in proportion to
the square root of the number of vectors, at least 39 training points a centroid (faiss'
``ClusteringParameters.min_points_per_centroid``), about one byte of code for 8 dimensions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isqrt, sqrt

POINTS_PER_CENTROID = 39
SAMPLE_PER_CENTROID = 64
"""Training on more points than this improves little; faiss itself stops at 256."""
CODEBOOK = 256
"""Centroids of a product quantizer with 8 bits."""
DIMENSIONS_PER_BYTE = 8
FEWEST_LISTS = 16
MOST_LISTS = 65_536


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A ``factory`` string for ``index_factory``, and how many vectors training takes.

    ``needed`` is the least that gives centroids worth the name, ``sample`` what training uses.
    """

    factory: str
    needed: int
    sample: int


def plan(index_type: str, *, vectors: int, dimension: int) -> Plan:
    """How to build an index of ``index_type`` for ``vectors`` of ``dimension``."""
    lists = lists_for(vectors)
    parts = [
        {"IVF": f"IVF{lists}", "PQ": _codes(dimension)}.get(part, part)
        for part in index_type.split(",")
    ]
    if "PQ" in index_type.split(",") and not _divides_well(dimension):
        parts.insert(0, f"Pad{_padded(dimension)}")
    factory = ",".join(parts)
    centroids = max(largest_codebook(factory), 1)
    trains = centroids > 1
    return Plan(
        factory=factory,
        needed=POINTS_PER_CENTROID * centroids if trains else 1,
        sample=min(vectors, SAMPLE_PER_CENTROID * centroids) if trains else 0,
    )


def lists_for(vectors: int) -> int:
    """Inverted lists for ``vectors``: the power of two next to 4 √n, with points to train on."""
    wanted = max(1, 4 * isqrt(vectors))
    affordable = max(1, vectors // POINTS_PER_CENTROID)
    lists = FEWEST_LISTS
    while lists * sqrt(2) < wanted and lists * 2 <= min(affordable, MOST_LISTS):
        lists *= 2
    return lists


def probes_for(lists: int) -> int:
    """How many lists a search visits unless it says ``nprobe``."""
    return max(1, min(lists, 2 * isqrt(lists)))


def is_exact(index_type: str) -> bool:
    """True when there is nothing to build: the exact index is what was asked for."""
    return index_type == "Flat"


def largest_codebook(factory: str) -> int:
    """Centroids of the largest codebook that ``factory`` trains; 0 when it trains none.

    Types that train without centroids (PCA, OPQ, scalar quantizers) count as a small codebook.
    """
    sizes = [0, *(int(count) for count in re.findall(r"IVF([0-9]+)", factory))]
    bits = re.findall(r"PQ[0-9]+(?:x([0-9]+))?", factory)
    sizes += [2 ** int(number) if number else CODEBOOK for number in bits]
    if re.search(r"PCA|OPQ|ITQ|SQ|RQ|LSQ|RaBitQ|LSH", factory):
        sizes.append(CODEBOOK)
    return max(sizes)


def _codes(dimension: int) -> str:
    size = dimension if _divides_well(dimension) else _padded(dimension)
    return f"PQ{max(m for m in _divisors(size) if m <= max(1, size // DIMENSIONS_PER_BYTE))}"


def _divides_well(dimension: int) -> bool:
    """A code of at least half the bytes that the rule wants can be had without padding."""
    wanted = max(1, dimension // DIMENSIONS_PER_BYTE)
    return any(wanted / 2 <= m <= wanted for m in _divisors(dimension))


def _padded(dimension: int) -> int:
    return -(-dimension // DIMENSIONS_PER_BYTE) * DIMENSIONS_PER_BYTE


def _divisors(number: int) -> list[int]:
    return [m for m in range(1, number + 1) if number % m == 0]
