"""Sample searches: which rows are asked for, and whether two servers agree. Pure.

The live server goes on changing between the snapshot and the searches. What it found and the
snapshot does not hold is left out of the comparison, and the restored server is asked for more
neighbours, so that a few removals do not matter.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SAMPLES = 8
NEIGHBOURS = 10
RESTORED_NEIGHBOURS = 30
AGREEMENT = 0.9
"""Share of the neighbours that the restored server has to find again."""


def sample_rows(alive: bytes, rows: int, count: int = SAMPLES) -> list[int]:
    """Up to ``count`` living rows, spread over all; bit ``n % 8`` of byte ``n // 8`` is row n."""
    chosen: list[int] = []
    for number in range(count):
        row = number * rows // count
        while row < rows and not is_alive(alive, row):
            row += 1
        if row < rows and row not in chosen:
            chosen.append(row)
    return chosen


def is_alive(alive: bytes, row: int) -> bool:
    """Whether the row's bit is set."""
    return bool(alive[row // 8] >> row % 8 & 1)


def living_among(wanted: Iterable[int], ids: bytes, alive: bytes) -> set[int]:
    """Which of the ids ``wanted`` a snapshot holds; ``ids`` and ``alive`` are its files."""
    looked_for = set(wanted)
    numbers = array("q")
    numbers.frombytes(ids)
    return {
        number
        for row, number in enumerate(numbers)
        if number in looked_for and is_alive(alive, row)
    }


def vector_of(data: bytes) -> tuple[float, ...]:
    """The little-endian 32-bit numbers of one row."""
    found = array("f")
    found.frombytes(data)
    return tuple(found)


@dataclass(frozen=True)
class Agreement:
    """How many of the neighbours that ought to be found were found."""

    expected: int
    again: int

    @property
    def good(self) -> bool:
        """Whether they are enough; nothing to compare is no disagreement."""
        return self.again >= AGREEMENT * self.expected


def agreement(
    recorded: Sequence[Sequence[int]], restored: Sequence[Sequence[int]], held: set[int]
) -> Agreement:
    """Compare the answers of one index, search by search; ``held``: the ids in the snapshot."""
    expected = again = 0
    for before, after in zip(recorded, restored, strict=True):
        wanted = held.intersection(before)
        expected += len(wanted)
        again += len(wanted.intersection(after))
    return Agreement(expected, again)


def differing_counts(expected: Mapping[str, int], found: Mapping[str, int]) -> list[str]:
    """In words, where two servers do not hold the same number of vectors."""
    return [
        f"{name} has {found.get(name, 'no')} vectors instead of {expected.get(name, 'none')}"
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    ]
