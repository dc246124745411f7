"""Alerts on the monitoring itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .mapping import either
from .model import Alert, Group

if TYPE_CHECKING:
    from .model import Facts

BOARD = "infrastructure-health"


def monitoring(facts: Facts) -> Group:
    """An alert that never comes looks like a good day."""
    rules = (watchdog(facts), rules_failing(facts), notifications(facts), log_lines(facts))
    behind = (remote_write(facts),) if facts.remote_write else ()
    return Group(name="monitoring", rules=(*rules, *behind))


def watchdog(facts: Facts) -> Alert:
    """Fires always, so that somebody outside can miss it."""
    name = "Watchdog"
    return Alert(
        name=name,
        measures="vector(1)",
        condition=facts.beyond(name, "vector(1)"),
        severity="info",
        category="monitoring",
        service="prometheus",
        dashboard=BOARD,
        summary="Alerts are evaluated and delivered.",
        description="It fires always. Where it does not arrive, no other alert does.",
        keep_firing_seconds=0,
    )


def rules_failing(facts: Facts) -> Alert:
    """A rule that cannot be evaluated never fires."""
    name = "RulesFailing"
    measures = "sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total[5m]))"
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, measures),
        severity="warning",
        category="monitoring",
        service="prometheus",
        dashboard=BOARD,
        summary="Prometheus cannot evaluate some of its rules.",
        description="{{ $labels.rule_group }}: see Prometheus' page of rules.",
    )


def notifications(facts: Facts) -> Alert:
    """An alert that fires and reaches nobody."""
    name = "NotificationsFailing"
    measures = either(
        "sum(increase(prometheus_notifications_dropped_total[5m]))",
        "sum by (integration) (increase(alertmanager_notifications_failed_total[5m]))",
    )
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, f"({measures})"),
        severity="critical",
        category="monitoring",
        service="alertmanager",
        dashboard=BOARD,
        summary="Alerts do not reach their receivers.",
        description=(
            "{{ with $labels.integration }}Alertmanager cannot deliver by {{ . }}.{{ else }}"
            "Prometheus cannot hand alerts to Alertmanager.{{ end }}"
        ),
        needs=frozenset({"alertmanager"}),
    )


def log_lines(facts: Facts) -> Alert:
    """Lines that the store does not get any more; they are still on the node, for a while."""
    name = "LogLinesLost"
    measures = "sum(increase(loki_write_dropped_entries_total[5m]))"
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, measures),
        severity="warning",
        category="monitoring",
        service="log-collector",
        dashboard=BOARD,
        summary="Log lines do not reach the store.",
        description='The log collector gave up {{ $value | printf "%.0f" }} lines in 5 minutes.',
        needs=frozenset({"log-collector"}),
    )


def remote_write(facts: Facts) -> Alert:
    """The other store lacks the last minutes."""
    name = "RemoteWriteBehind"
    measures = (
        "max(prometheus_remote_storage_highest_timestamp_in_seconds) "
        "- min(prometheus_remote_storage_queue_highest_sent_timestamp_seconds)"
    )
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, f"({measures})"),
        severity="warning",
        category="monitoring",
        service="prometheus",
        dashboard=BOARD,
        summary="The remote store of metrics is behind.",
        description="It lacks the last {{ $value | humanizeDuration }}.",
    )
