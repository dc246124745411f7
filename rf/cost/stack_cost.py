"""The estimate of one checked stack, and what could be saved."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from components.aws import price
from components.budget.monthly import monthly

from .hints import work_out

if TYPE_CHECKING:
    from cost import Estimate
    from infrastructure import Infrastructure
    from settings import Stack

    from .hints import Measured


@dataclass(frozen=True, kw_only=True)
class StackCost:
    """What a stack costs; no ``estimate`` for one that runs on a machine of its own."""

    stack: str
    estimate: Estimate | None
    budget: Decimal | None
    hints: tuple[str, ...] = ()


def stack_cost(name: str, stack: Stack, measured: Measured, *, with_hints: bool) -> StackCost:
    """The cost of ``stack``, and, when asked for, what would make it cheaper."""
    args = stack.settings.cost
    return StackCost(
        stack=name,
        estimate=monthly(args, stack.specs, stack.settings.target),
        budget=None if args.budget is None else Decimal(str(args.budget)),
        hints=tuple(work_out(stack, measured)) if with_hints else (),
    )


def infrastructure_cost(name: str, settings: Infrastructure) -> StackCost:
    """The cost of the infrastructure that ``settings`` describe."""
    return StackCost(
        stack=name,
        estimate=price.monthly(settings),
        budget=None if settings.spend is None else Decimal(str(settings.spend.monthly)),
    )
