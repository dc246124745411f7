"""From what Prometheus or a stats page answers to a count, or to a fault in plain words.

A value that is absent, doubled, NaN, infinite, negative or no whole number is never taken for a
number: it becomes a line of ``Evidence.faults``, and the verdict is ``error``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no count."""

    reason: str


def count(values: Sequence[float], what: str) -> int | Fault:
    """The one whole number in ``values``; ``what`` names the series for people."""
    if len(values) != 1:
        found = "no series" if not values else f"{len(values)} series instead of one"
        return Fault(f"{what}: {found}")
    (value,) = values
    if math.isnan(value) or math.isinf(value):
        return Fault(f"{what}: the value is {value}, which is no count")
    if value < 0 or value != math.floor(value):
        return Fault(f"{what}: the value is {value:g}; a count is a whole number from 0 on")
    return int(value)


def buckets(
    found: dict[float, float], bounds_ms: Sequence[int], what: str
) -> tuple[int, ...] | Fault:
    """Cumulative counts at every bound and at +Inf, from ``found`` by upper bound (``le``)."""
    wanted = [*map(float, bounds_ms), math.inf]
    missing = [f"{bound:g}" for bound in wanted if bound not in found]
    if missing:
        return Fault(f"{what}: the histogram has no bucket at {', '.join(missing)} ms")
    counts = []
    for bound in wanted:
        value = count([found[bound]], f"{what} at {bound:g} ms")
        if isinstance(value, Fault):
            return value
        counts.append(value)
    if counts != sorted(counts):
        return Fault(f"{what}: a bucket holds less than the one below it")
    return tuple(counts)
