"""The estimate of a stack as text, for people, and as data, for tools.

``{"version": 1, "stacks": [{"stack", "billed", "region", "budget_usd", "total_usd": {"low",
"expected", "high"}, "lines": [{"subject", "what", "usd", "prices": [{"usd", "unit", "as_of",
"source"}]}], "not_counted": [{"subject", "what", "reason"}], "remarks", "savings"}]}``

Dollars are texts with two decimals, prices texts as the table has them.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from components.budget.monthly import UNBILLED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from cost import Estimate, NotCounted, Range

    from .stack_cost import StackCost

VERSION = 1


def render(found: StackCost) -> RenderableType:
    """Everything there is to say about what one stack costs."""
    if found.estimate is None:
        return Text(f"{found.stack}  {UNBILLED}\n")
    return Group(
        Text(f"{found.stack}  USD a month, {_made_with(found.estimate)}", style="bold"),
        *([_table(found.estimate)] if found.estimate.lines else []),
        *(Text(line) for line in _budget(found)),
        *(Text(f"Warning: {remark}", style="yellow") for remark in found.estimate.remarks),
        *_section("Not counted", _not_counted(found.estimate.not_counted)),
        *_section("To save, a month", found.hints),
        Text(),
    )


def to_json(costs: Sequence[StackCost]) -> str:
    """One document for all stacks."""
    return json.dumps(
        {"version": VERSION, "stacks": [_data(each) for each in costs]},
        indent=2,
        ensure_ascii=False,
    )


def _made_with(estimate: Estimate) -> str:
    days = estimate.prices_of
    if not days:
        return f"{estimate.region}: nothing has a price"
    span = f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"{estimate.region}, prices of {span}"


def _table(estimate: Estimate) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    table.add_column("", overflow="fold")
    for name in ("low", "expected", "high"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in estimate.lines:
        table.add_row(line.subject, line.what, *_amounts(line.usd))
    table.add_row(Text("total", style="bold"), "", *_amounts(estimate.total))
    return table


def _amounts(usd: Range) -> Iterator[str]:
    return (f"{amount:,.2f}" for amount in (usd.low, usd.expected, usd.high))


def _budget(found: StackCost) -> Iterator[str]:
    if found.budget is None or found.estimate is None:
        return
    total = found.estimate.total
    if total.expected > found.budget:
        state = f"exceeded by {total.expected - found.budget:,.2f}"
    elif total.high > found.budget:
        state = f"kept as expected, exceeded by {total.high - found.budget:,.2f} at the high end"
    else:
        state = "kept"
    yield f"Budget {found.budget:,.2f}: {state}"


def _not_counted(items: Iterable[NotCounted]) -> Iterator[str]:
    """A line a reason: what it holds for, in the order of the estimate."""
    by_reason = sorted(items, key=lambda each: each.reason)
    for reason, group in groupby(by_reason, key=lambda each: each.reason):
        names = ", ".join(f"{each.subject} {each.what}" for each in group)
        yield f"{names}: {reason}"


def _section(title: str, lines: Iterable[str]) -> Iterator[Text]:
    found = list(lines)
    if found:
        yield Text(title, style="bold")
        yield from (Text(f"  {line}") for line in found)


def _data(found: StackCost) -> dict[str, Any]:
    estimate = found.estimate
    budget = None if found.budget is None else f"{found.budget:.2f}"
    head = {"stack": found.stack, "billed": estimate is not None, "budget_usd": budget}
    if estimate is None:
        return head
    return head | {
        "region": estimate.region,
        "total_usd": _usd(estimate.total),
        "lines": [
            {
                "subject": line.subject,
                "what": line.what,
                "usd": _usd(line.usd),
                "prices": [
                    {
                        "usd": str(price.usd),
                        "unit": price.unit,
                        "as_of": price.as_of.isoformat(),
                        "source": price.source,
                    }
                    for price in line.prices
                ],
            }
            for line in estimate.lines
        ],
        "not_counted": [
            {"subject": each.subject, "what": each.what, "reason": each.reason}
            for each in estimate.not_counted
        ],
        "remarks": list(estimate.remarks),
        "savings": list(found.hints),
    }


def _usd(usd: Range) -> dict[str, str]:
    return {"low": f"{usd.low:.2f}", "expected": f"{usd.expected:.2f}", "high": f"{usd.high:.2f}"}
