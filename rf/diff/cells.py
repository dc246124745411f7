"""One row a stack: counts, cost and policies at a glance. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..plan.model import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .changes import Action
    from .money import Money, Usd
    from .stack import StackDiff

HEAD = ("Stack", "Create", "Update", "Replace", "Delete", "USD a month", "Policies")
ORDER: tuple[Action, ...] = ("create", "update", "replace", "delete")
LOUD: tuple[Action, ...] = ("replace", "delete")


def table(diffs: Sequence[StackDiff]) -> Iterator[str]:
    """A Markdown table of all stacks."""
    yield _row(HEAD)
    yield _row(("---", "--:", "--:", "--:", "--:", "---", "---"))
    for diff in diffs:
        yield _row((f"**{diff.stack}**", *_counts(diff), cost(diff.money), _policies(diff)))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _counts(diff: StackDiff) -> Iterator[str]:
    known = diff.comparable or diff.is_new
    for action in ORDER:
        number = diff.counts[action] if known else 0
        maybe = sum(each.may_replace for each in diff.changes) if action == "replace" else 0
        text = f"{number or ''}{f' (+{maybe}?)' if maybe else ''}"
        yield f"**{text}**" if text and action in LOUD else text if known else "?"


def cost(money: Money) -> str:
    """``2,039.30 → 2,924.06 (+884.76)``; the range where the two ends differ."""
    change, after = money.difference, money.after
    if after is None:
        return "" if change is None else f"{change.expected:+,.2f}"
    over = f", **over the budget of {money.budget:,.2f}**" if money.over_budget else ""
    if change is None or not any((change.low, change.expected, change.high)):
        return f"{after.expected:,.2f}{over}"
    span = f", {_span(after)}" if after.low != after.high else ""
    before = money.before.expected if money.before else 0
    ends = f" [{change.low:+,.2f} to {change.high:+,.2f}]" if change.low != change.high else ""
    return f"{before:,.2f} → {after.expected:,.2f} (**{change.expected:+,.2f}**{ends}{span}){over}"


def _span(usd: Usd) -> str:
    return f"{usd.low:,.2f} to {usd.high:,.2f} in all"


def _policies(diff: StackDiff) -> str:
    if not isinstance(diff.head.plan, Plan):
        return ""
    fresh = Counter(each.word for each in diff.findings if each.since == "new")
    solved = sum(each.since == "solved" for each in diff.findings)
    still = sum(each.since == "still" and each.blocks for each in diff.findings)
    parts = [f"{number} new {word}" for word, number in fresh.items()]
    parts += [f"{still} mandatory still there"] if still else []
    parts += [f"{solved} solved"] if solved else []
    blocked = any(each.blocks for each in diff.findings)
    return f"{'**refused**: ' if blocked else ''}{', '.join(parts)}" or "nothing new"
