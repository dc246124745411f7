"""The difference as JSON, for tools.

``{"version": 1, "base": {"name", "commit"}, "dangerous", "blocked", "rules_changed", "stacks":
[{"stack", "status", "errors": {"base", "head"}, "counts": {"create", "update", "replace",
"delete"}, "changes": [{"action", "may_replace", "dangerous", "refused", "forgotten", "collides",
"loss", "urn", "was", "type", "name", "component", "properties": [{"path", "effect", "secret",
"before", "after"}]}], "restarts", "audience": [{"of", "name", "before", "after", "moved_percent",
"version_changes", "promoted"}], "cost": {"before", "after", "difference", "budget_usd",
"over_budget", "by_service", "not_counted", "prices_changed"}, "policies": [{"since", …}],
"secrets_to_set", "secrets", "warnings"}]}``

``status`` is compared, new, gone, base_failed or failed; the last four leave ``changes`` empty but
for a new stack. ``effect`` is update, replace, maybe or refused. A side of a property that is
absent has no key; neither side of a secret has one. A value that only a provider can know is
``{"unknown": true}``. Amounts are US dollars as texts with two decimals, ``low``, ``expected`` and
``high``, or null. A policy is as ``rf plan --json`` has it, and ``since`` is new, still or solved.
Components are no changes of their own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..plan.model import Opaque
from .properties import ABSENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .changes import Change, Property
    from .money import Money, Usd
    from .properties import Side
    from .revision import Revision
    from .stack import StackDiff

VERSION = 1


def to_json(diffs: Sequence[StackDiff], base: Revision, *, rules_changed: bool) -> str:
    """One document for all stacks; everything in a stable order."""
    document = {
        "version": VERSION,
        "base": {"name": base.name, "commit": base.commit},
        "dangerous": any(each.dangerous for diff in diffs for each in diff.changes),
        "blocked": any(each.blocks for diff in diffs for each in diff.findings),
        "rules_changed": rules_changed,
        "stacks": [_stack(diff) for diff in diffs],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _stack(diff: StackDiff) -> dict[str, Any]:
    return {
        "stack": diff.stack,
        "status": _status(diff),
        "errors": {"base": diff.base.failure, "head": diff.head.failure},
        "counts": diff.counts,
        "changes": [_change(each) for each in diff.changes],
        "restarts": diff.restarts,
        "audience": [
            {
                "of": each.of,
                "name": each.name,
                "before": each.before,
                "after": each.after,
                "moved_percent": each.moved,
                "version_changes": each.version_changes,
                "promoted": each.promoted,
            }
            for each in diff.shifts
        ],
        "cost": _money(diff.money),
        "policies": [{"since": each.since, **each.data} for each in diff.findings],
        "secrets_to_set": diff.to_set,
        "secrets": diff.secrets,
        "warnings": diff.warnings,
    }


def _status(diff: StackDiff) -> str:
    if diff.head.failure:
        return "failed"
    if diff.head.plan is None:
        return "gone"
    if diff.base.failure:
        return "base_failed"
    return "new" if diff.is_new else "compared"


def _change(change: Change) -> dict[str, Any]:
    before, resource = change.before, change.resource
    return {
        "action": change.action,
        "may_replace": change.may_replace,
        "dangerous": change.dangerous,
        "refused": change.refused,
        "forgotten": change.forgotten,
        "collides": change.collides,
        "loss": change.loss,
        "urn": resource.urn,
        "was": before.urn if before and before.urn != resource.urn else None,
        "type": resource.type,
        "name": resource.name,
        "component": change.component or None,
        "properties": [_property(each) for each in change.properties],
    }


def _property(changed: Property) -> dict[str, Any]:
    difference = changed.difference
    sides = {"before": difference.before, "after": difference.after}
    shown = {} if difference.hidden else sides
    return {
        "path": difference.text,
        "effect": changed.effect.name.lower(),
        "secret": difference.hidden,
        **{key: _value(side) for key, side in shown.items() if side is not ABSENT},
    }


def _value(side: Side) -> Any:
    if isinstance(side, dict):
        return {key: _value(item) for key, item in side.items()}
    if isinstance(side, list):
        return [_value(item) for item in side]
    return {"unknown": True} if isinstance(side, Opaque) else side


def _money(money: Money) -> dict[str, Any]:
    return {
        "before": _usd(money.before),
        "after": _usd(money.after),
        "difference": _usd(money.difference),
        "budget_usd": None if money.budget is None else f"{money.budget:.2f}",
        "over_budget": money.over_budget,
        "by_service": {name: f"{usd:.2f}" for name, usd in money.by_service.items()},
        "not_counted": money.left_out,
        "prices_changed": money.prices_changed,
    }


def _usd(usd: Usd | None) -> dict[str, str] | None:
    if usd is None:
        return None
    return {"low": f"{usd.low:.2f}", "expected": f"{usd.expected:.2f}", "high": f"{usd.high:.2f}"}
