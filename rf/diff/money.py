"""What a change costs a month, from the estimates that both plans hold. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..cost.planned import BUDGET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..plan.model import Plan

NOTHING = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Usd:
    """US dollars a month."""

    low: Decimal = NOTHING
    expected: Decimal = NOTHING
    high: Decimal = NOTHING


@dataclass(frozen=True, kw_only=True)
class Money:
    """The estimates before and after; None for a side that has none, such as a machine.

    ``by_service`` is what changed of the expected cost. ``left_out`` are the items that have no
    price and were not there before. ``prices_changed``: the two sides are of other price tables.
    ``comparable``: not so where a side does not plan, which is no saving and no cost.
    """

    before: Usd | None
    after: Usd | None
    budget: Decimal | None
    by_service: Mapping[str, Decimal]
    left_out: tuple[str, ...]
    prices_changed: bool
    comparable: bool = True

    @property
    def difference(self) -> Usd | None:
        """The later estimate less the earlier one, end by end."""
        if not self.comparable or (self.before is None and self.after is None):
            return None
        before, after = self.before or Usd(), self.after or Usd()
        return Usd(
            low=after.low - before.low,
            expected=after.expected - before.expected,
            high=after.high - before.high,
        )

    @property
    def over_budget(self) -> bool:
        """Whether the expected cost is more than the stack may cost."""
        return bool(self.after and self.budget is not None and self.after.expected > self.budget)


def money(base: Plan | None, head: Plan | None, *, comparable: bool = True) -> Money:
    """What the two plans say of their cost; not ``comparable``: None is a side not known."""
    old, new = _inputs(base), _inputs(head)
    before, after = old.get("expectedUsd", {}), new.get("expectedUsd", {})
    names = sorted({*before, *after}) if comparable else ()
    changed = {name: _usd(after.get(name, 0)) - _usd(before.get(name, 0)) for name in names}
    budget = new.get("monthlyUsd")
    return Money(
        before=_range(old),
        after=_range(new),
        budget=None if budget is None else _usd(budget),
        by_service={name: usd for name, usd in changed.items() if usd},
        left_out=tuple(
            each for each in new.get("notCounted", ()) if each not in old.get("notCounted", ())
        )
        if comparable and "estimateUsd" in new
        else (),
        prices_changed=bool(
            old
            and new
            and [old.get("pricesOf"), old.get("region")] != [new.get("pricesOf"), new.get("region")]
        ),
        comparable=comparable,
    )


def _inputs(plan: Plan | None) -> dict[str, Any]:
    found = (each.inputs for each in (plan.resources if plan else ()) if each.type == BUDGET)
    return next(found, {})


def _range(inputs: dict[str, Any]) -> Usd | None:
    found = inputs.get("estimateUsd")
    if found is None:
        return None
    return Usd(**{name: _usd(found[name]) for name in ("low", "expected", "high")})


def _usd(amount: float) -> Decimal:
    return Decimal(str(amount))
