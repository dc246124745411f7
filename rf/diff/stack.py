"""Everything that a change does to one stack. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..plan.model import Failure, Plan
from .audience import restarts, shifts
from .changes import ACTIONS, changes
from .findings import findings
from .money import money

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..policy.judge import Verdict
    from .audience import Shift
    from .changes import Action, Change
    from .findings import Found
    from .money import Money


@dataclass(frozen=True, kw_only=True)
class Side:
    """One stack in one revision. No ``plan``: there is no file for the stack.

    ``secrets`` are the encrypted values of the stack file by full key.
    """

    plan: Plan | Failure | None
    verdict: Verdict | None
    secrets: Mapping[str, str]

    @property
    def failure(self) -> str | None:
        """Why there is no plan, although there is a stack."""
        return self.plan.message if isinstance(self.plan, Failure) else None


@dataclass(frozen=True, kw_only=True)
class StackDiff:
    """What is different, and nothing where one side does not plan.

    ``to_set`` are secrets that the program asks for and did not before; ``secrets`` says of a key
    whether it is set, changed or removed. Encrypted again is changed: the values are not read.
    """

    stack: str
    base: Side
    head: Side
    changes: tuple[Change, ...]
    restarts: tuple[str, ...]
    shifts: tuple[Shift, ...]
    money: Money
    findings: tuple[Found, ...]
    to_set: tuple[str, ...]
    secrets: Mapping[str, str]
    warnings: tuple[str, ...]

    @property
    def counts(self) -> dict[Action, int]:
        """How many resources meet each fate; all four are there."""
        found = Counter(each.action for each in self.changes)
        return {action: found[action] for action in ACTIONS}

    @property
    def comparable(self) -> bool:
        """Whether both sides have a plan."""
        return isinstance(self.base.plan, Plan) and isinstance(self.head.plan, Plan)

    @property
    def is_new(self) -> bool:
        """Whether there was no such stack."""
        return self.base.plan is None and isinstance(self.head.plan, Plan)

    @property
    def unchanged(self) -> bool:
        """Whether a reviewer has nothing to look at."""
        difference = self.money.difference
        return self.comparable and not (
            self.changes
            or self.shifts
            or self.to_set
            or self.secrets
            or self.warnings
            or any(each.since != "still" or each.blocks for each in self.findings)
            or (difference and any((difference.low, difference.expected, difference.high)))
        )


def compare(stack: str, base: Side, head: Side) -> StackDiff:
    """The difference between two revisions of ``stack``.

    A stack whose file is gone loses nothing by that: what it deployed stays until it is destroyed.
    """
    old, new = _plan(base), _plan(head)
    after = new if base.failure is None else None
    found = changes(old, after) if after else ()
    # Without a base nothing is known to be new.
    verdict = head.verdict if base.failure else base.verdict
    return StackDiff(
        stack=stack,
        base=base,
        head=head,
        changes=found,
        restarts=restarts(found),
        shifts=shifts(old, new),
        money=money(old, new, comparable=new is not None and not base.failure),
        findings=findings(verdict, head.verdict) if new else (),
        to_set=_added(old.secrets_to_set if old else (), after.secrets_to_set if after else ()),
        secrets=_secrets(base.secrets, head.secrets) if old and new else {},
        warnings=_added(old.warnings if old else (), after.warnings if after else ()),
    )


def _plan(side: Side) -> Plan | None:
    return side.plan if isinstance(side.plan, Plan) else None


def _added(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each for each in after if each not in before)


def _secrets(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    words = {}
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            words[key] = "removed" if key not in after else "changed" if key in before else "set"
    return words
