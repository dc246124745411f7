"""The gateway itself, and what watches everything else."""

from __future__ import annotations

from dashboards.model import Panel, Query, Row
from dashboards.promql import increase, scraped

# Envoy's number where there is no certificate.
NO_CERTIFICATE = 4294967295
DAYS_LEFT = scraped("envoy_server_days_until_first_cert_expiring")

WATCHERS = Row(
    title="Gateway and monitoring",
    panels=(
        Panel(
            title="Days until a certificate expires",
            description="Of the first one of each gateway, and of each sidecar that speaks TLS.",
            unit="d",
            queries=(
                Query(
                    expr=f"min by (instance) ({DAYS_LEFT} < {NO_CERTIFICATE})",
                    legend="{{instance}}",
                ),
            ),
            no_data="No certificate: TLS is off",
            alerts=("CertificateExpiring", "CertificateExpiresNow"),
            decimals=0,
        ),
        Panel(
            title="Connections of the gateway",
            description="envoy_http_downstream_cx_active: clients that are connected.",
            unit="short",
            queries=(
                Query(
                    expr=f"sum by (instance) ({scraped('envoy_http_downstream_cx_active')})",
                    legend="{{instance}}",
                ),
            ),
            no_data="No gateway",
        ),
        Panel(
            title="Rules that fail",
            description="prometheus_rule_evaluation_failures_total within 5 minutes.",
            unit="short",
            queries=(
                Query(
                    expr=(
                        f"sum(increase({scraped('prometheus_rule_evaluation_failures_total')}[5m]))"
                    ),
                    legend="failures",
                ),
            ),
            no_data="Prometheus does not watch itself",
            alerts=("RulesFailing",),
        ),
        Panel(
            title="Alerts that reach nobody",
            description="Notifications that Prometheus dropped or Alertmanager could not deliver.",
            unit="short",
            queries=(
                Query(
                    expr=(
                        f"sum(increase({scraped('prometheus_notifications_dropped_total')}[5m]))"
                    ),
                    legend="dropped",
                ),
                Query(
                    expr=(
                        "sum by (integration) (increase("
                        f"{scraped('alertmanager_notifications_failed_total')}[5m]))"
                    ),
                    legend="{{integration}}",
                ),
            ),
            no_data="No Alertmanager",
            alerts=("NotificationsFailing",),
        ),
        Panel(
            title="Remote store behind",
            description="Age of the newest sample that the remote store has.",
            unit="s",
            queries=(
                Query(
                    expr=(
                        f"max({scraped('prometheus_remote_storage_highest_timestamp_in_seconds')}) "
                        "- min("
                        + scraped("prometheus_remote_storage_queue_highest_sent_timestamp_seconds")
                        + ")"
                    ),
                    legend="behind",
                ),
            ),
            no_data="No remote_write",
            alerts=("RemoteWriteBehind",),
        ),
        Panel(
            title="Log lines that leave the node",
            description=(
                "loki_write_sent_entries_total and loki_write_dropped_entries_total within 5 "
                "minutes. A line is lost after ten tries; it is on the node until its log is "
                "rotated."
            ),
            unit="short",
            queries=(
                Query(expr=increase(scraped("loki_write_sent_entries_total"), "5m"), legend="sent"),
                Query(
                    expr=increase(scraped("loki_write_dropped_entries_total"), "5m"), legend="lost"
                ),
            ),
            no_data="Log lines stay on the node",
            alerts=("LogLinesLost",),
        ),
        Panel(
            title="Samples of Prometheus",
            description=(
                "What its blocks take of the size that retention allows; the oldest go at 100 %."
            ),
            unit="percentunit",
            queries=(
                Query(
                    expr=(
                        f"{scraped('prometheus_tsdb_storage_blocks_bytes')} "
                        f"/ ({scraped('prometheus_tsdb_retention_limit_bytes')} > 0)"
                    ),
                    legend="{{instance}}",
                ),
            ),
            no_data="No size limit",
            maximum=1,
        ),
        Panel(
            title="Alert thresholds of this stack",
            description="alert_threshold: what each alert fires at, with its unit.",
            unit="none",
            queries=(Query(expr="max by (alertname, unit) (alert_threshold)"),),
            no_data="No rules evaluated",
            kind="table",
            width=24,
            height=10,
        ),
    ),
)
