"""Rules as Prometheus reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from components.text import to_yaml

from .model import Alert, duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Facts, Group, Record


def rule_file(groups: Iterable[Group], facts: Facts) -> str:
    """A rule file of Prometheus 2.42 or later (``keep_firing_for`` came with it)."""
    return to_yaml({"groups": [_group(group, facts) for group in groups]})


FRONTED = ("faiss", "ollama", "triton")


def runbook(alert: Alert, facts: Facts) -> str:
    """Where the runbook is: below the URL that the stack sets, or in the repository."""
    return f"{facts.runbooks}/{alert.name}.md"


def board(alert: Alert, facts: Facts) -> str:
    """The dashboard in Grafana, for the service that the alert is about."""
    link = f"{facts.grafana_url}/d/{alert.dashboard}"
    if not alert.service:
        return f"{link}?var-service={{{{ $labels.service }}}}"
    # Boards are filtered by the services that clients reach; another name would empty them.
    return f"{link}?var-service={quote(alert.service)}" if alert.service in FRONTED else link


def _group(group: Group, facts: Facts) -> dict[str, Any]:
    interval = {"interval": duration(group.interval_seconds)} if group.interval_seconds else {}
    rules = [
        _alert(rule, facts) if isinstance(rule, Alert) else _record(rule) for rule in group.rules
    ]
    return {"name": group.name, **interval, "rules": rules}


def _record(rule: Record) -> dict[str, Any]:
    labels = {"labels": dict(rule.labels)} if rule.labels else {}
    return {"record": rule.name, "expr": rule.expr, **labels}


def _alert(rule: Alert, facts: Facts) -> dict[str, Any]:
    found: dict[str, Any] = {"alert": rule.name, "expr": rule.condition}
    seconds = facts.threshold(rule.name).for_seconds
    if seconds:
        found["for"] = duration(seconds)
    if rule.keep_firing_seconds:
        found["keep_firing_for"] = duration(rule.keep_firing_seconds)
    found["labels"] = {
        "severity": rule.severity,
        **({"service": rule.service} if rule.service else {}),
        "category": rule.category,
    }
    found["annotations"] = {
        "summary": rule.summary,
        "description": rule.description,
        "runbook_url": runbook(rule, facts),
        "dashboard_url": board(rule, facts),
    }
    return found
