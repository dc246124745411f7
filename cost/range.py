"""An amount of which only the bounds and the likeliest value are known."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Range:
    """``low`` ≤ ``expected`` ≤ ``high``, none below zero; ValueError otherwise."""

    low: Decimal
    expected: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.expected <= self.high:
            message = f"0 ≤ low ≤ expected ≤ high does not hold for {self}"
            raise ValueError(message)

    @classmethod
    def exactly(cls, amount: float | Decimal) -> Range:
        """Bounds that coincide."""
        value = decimal(amount)
        return cls(low=value, expected=value, high=value)

    @classmethod
    def between(cls, low: float, expected: float, high: float) -> Range:
        """A range of plain numbers."""
        return cls(low=decimal(low), expected=decimal(expected), high=decimal(high))

    @property
    def certain(self) -> bool:
        """Whether the bounds coincide."""
        return self.low == self.high

    def __add__(self, other: Range) -> Range:
        return Range(
            low=self.low + other.low,
            expected=self.expected + other.expected,
            high=self.high + other.high,
        )

    def times(self, factor: float | Decimal) -> Range:
        """This range, ``factor`` times."""
        by = decimal(factor)
        return Range(low=self.low * by, expected=self.expected * by, high=self.high * by)

    def cents(self) -> Range:
        """Rounded to cents, half up."""
        return Range(low=cents(self.low), expected=cents(self.expected), high=cents(self.high))


def decimal(number: float | Decimal) -> Decimal:
    """``number`` as it is written: 0.1 is a tenth, not the binary fraction beside it."""
    return number if isinstance(number, Decimal) else Decimal(str(number))


def cents(amount: Decimal) -> Decimal:
    """``amount`` to the cent, half up."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


ZERO = Range.exactly(0)
