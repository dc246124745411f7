"""The estimate that a plan holds, in two lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..plan.model import Plan

BUDGET = "researchflow:index:Budget"


def lines(plan: Plan) -> str | None:
    """What the stack costs a month; None for a program that says nothing about it."""
    for resource in plan.resources:
        if resource.type == BUDGET:
            return _lines(plan.stack, resource.inputs)
    return None


def _lines(stack: str, inputs: dict[str, Any]) -> str:
    left_out = inputs["notCounted"]
    usd = inputs.get("estimateUsd")
    if usd is None:
        return ", ".join(left_out)
    rest = f"{len(left_out)} items are not counted; see rf cost {stack}"
    dates = inputs["pricesOf"]
    if not dates:
        return f"nothing has a price, {rest}"
    total = f"USD {usd['expected']:,.2f}"
    if usd["low"] != usd["high"]:
        total += f" ({usd['low']:,.2f} to {usd['high']:,.2f})"
    parts = [total, f"prices of {' to '.join(dates)}", *_budget(usd, inputs.get("monthlyUsd"))]
    return f"{', '.join(parts)}\n{rest}"


def _budget(usd: dict[str, float], budget: float | None) -> list[str]:
    if budget is None:
        return []
    for key, state in (("expected", "over"), ("high", "at the high end over")):
        if usd[key] > budget:
            return [f"{state} the budget of {budget:,.2f}"]
    return [f"within the budget of {budget:,.2f}"]
