"""What is needed for a month, before it is priced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .range import Range

HOURS = 730
"""Hours of a month: a twelfth of 365 days, as AWS's own calculator has it."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """So many units of something a month.

    One of the prices ``any_of`` will be paid: low and expected take the least, high the greatest.
    ``at_most``: prices to pay instead when it comes to the worst, as on demand for spot.
    """

    subject: str
    what: str
    quantity: Range
    any_of: tuple[str, ...]
    at_most: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NotCounted:
    """Something that costs money and has no figure here, and why."""

    subject: str
    what: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Demand:
    """All that a stack needs; ``remarks`` are sentences that a reader of the figures should see."""

    needs: tuple[Need, ...] = ()
    not_counted: tuple[NotCounted, ...] = ()
    remarks: tuple[str, ...] = ()

    def __add__(self, other: Demand) -> Demand:
        return Demand(
            needs=self.needs + other.needs,
            not_counted=self.not_counted + other.not_counted,
            remarks=self.remarks + other.remarks,
        )
