"""Quantities times prices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from .demand import NotCounted
from .range import ZERO, Range

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from .demand import Demand, Need
    from .prices import Price, Prices


@dataclass(frozen=True, kw_only=True)
class Line:
    """One priced need: US dollars a month in whole cents, and the prices it was made with."""

    subject: str
    what: str
    usd: Range
    prices: tuple[Price, ...]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a stack costs a month, as far as it is known."""

    region: str
    lines: tuple[Line, ...]
    not_counted: tuple[NotCounted, ...]
    remarks: tuple[str, ...]

    @property
    def total(self) -> Range:
        """The sum of the lines, which are whole cents."""
        return _sum(line.usd for line in self.lines)

    @property
    def by_subject(self) -> dict[str, Range]:
        """The sum for each service or pool, in the order of the lines."""
        subjects = dict.fromkeys(line.subject for line in self.lines)
        return {
            subject: _sum(line.usd for line in self.lines if line.subject == subject)
            for subject in subjects
        }

    @property
    def prices_of(self) -> tuple[date, ...]:
        """The days of the prices that were used, the oldest first."""
        return tuple(sorted({price.as_of for line in self.lines for price in line.prices}))


def estimate(demand: Demand, prices: Prices) -> Estimate:
    """``demand`` at ``prices``. A need without a price is listed as not counted, never guessed."""
    lines: list[Line] = []
    not_counted = list(demand.not_counted)
    for need in demand.needs:
        priced = _priced(need, prices)
        if isinstance(priced, Line):
            lines.append(priced)
        else:
            not_counted.append(priced)
    return Estimate(
        region=prices.region,
        lines=tuple(lines),
        not_counted=tuple(not_counted),
        remarks=demand.remarks,
    )


def _priced(need: Need, prices: Prices) -> Line | NotCounted:
    names, what = need.any_of, need.what
    if need.at_most and _missing(names, prices):
        names = need.at_most
        what = f"{what}, at its greatest price: none is set for {', '.join(need.any_of)}"
    if missing := _missing((*names, *need.at_most), prices):
        reason = f"no price in {prices.region}; set cost.prices with {', '.join(missing)}"
        return NotCounted(subject=need.subject, what=need.what, reason=reason)
    usual, worst = _found(names, prices), _found(need.at_most, prices)
    least = min(price.usd for price in usual)
    usd = Range(
        low=need.quantity.low * least,
        expected=need.quantity.expected * least,
        high=need.quantity.high * max(price.usd for price in (*usual, *worst)),
    )
    used = tuple(dict.fromkeys((*usual, *worst)))
    return Line(subject=need.subject, what=what, usd=usd.cents(), prices=used)


def _missing(names: Iterable[str], prices: Prices) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if prices.find(name) is None))


def _found(names: Iterable[str], prices: Prices) -> tuple[Price, ...]:
    return tuple(price for name in names if (price := prices.find(name)) is not None)


def _sum(amounts: Iterable[Range]) -> Range:
    return reduce(Range.__add__, amounts, ZERO)
