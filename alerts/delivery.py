"""Alerts on the gateway's configuration, on certificates and on rollouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .inference import GATEWAY
from .model import Alert, Group

if TYPE_CHECKING:
    from .model import Facts

BOARD = "rollout"
PUSHED = frozenset({"pushgateway"})


def delivery(facts: Facts) -> Group:
    """What stands between a change and the users."""
    return Group(
        name="delivery",
        rules=(
            refused(facts),
            certificate(facts, "CertificateExpiring", "warning"),
            certificate(facts, "CertificateExpiresNow", "critical"),
            rollout(facts, "RolloutPaused", "paused", "A rollout waits for somebody to decide."),
            rollout(facts, "RolloutStuck", "running", "A rollout has not moved for hours."),
        ),
    )


def queue(facts: Facts) -> Group:
    """Requests that wait for a free model instance."""
    name = "TritonQueueLong"
    measures = "sum by (model) (nv_inference_pending_request_count)"
    rule = Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, measures),
        severity="warning",
        category="inference",
        service="triton",
        dashboard="triton-detail",
        summary="Requests queue before a model.",
        description="{{ $value }} requests wait for {{ $labels.model }}.",
        needs=frozenset({"triton"}),
    )
    return Group(name="triton", rules=(rule,))


def refused(facts: Facts) -> Alert:
    """Envoy goes on with its last good routes and calls itself ready."""
    name = "GatewayRefusesConfig"
    # A file that is no YAML fails, one that makes no sense is rejected.
    labels = "sum by (instance, envoy_rds_route_config)"
    measures = (
        f"{labels} (increase(envoy_http_rds_update_rejected[15m])) "
        f"+ {labels} (increase(envoy_http_rds_update_failure[15m]))"
    )
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, f"({measures})"),
        severity="critical",
        category="delivery",
        service="gateway",
        dashboard=BOARD,
        summary="A gateway refused new routes and serves old ones.",
        description=(
            "{{ $labels.instance }} refused the routes of {{ $labels.envoy_rds_route_config }}."
        ),
        needs=GATEWAY,
    )


def certificate(facts: Facts, name: str, severity: Literal["warning", "critical"]) -> Alert:
    """The first certificate of an Envoy to expire, at the gateway or beside a server.

    Without TLS there is none, and no alert.
    """
    measures = "min by (instance) (envoy_server_days_until_first_cert_expiring)"
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, measures),
        severity=severity,
        category="delivery",
        service="gateway",
        dashboard="infrastructure-health",
        summary="A certificate expires soon.",
        description="{{ $labels.instance }}: {{ $value }} days are left.",
        needs=GATEWAY,
    )


def rollout(facts: Facts, name: str, state: str, summary: str) -> Alert:
    """How long a rollout has been in a state, by what its controller pushed last."""
    measures = (
        f'time() - max by (service) (rollout_state_since_timestamp_seconds{{state="{state}"}})'
    )
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, measures),
        severity="warning",
        category="delivery",
        service="",
        dashboard=BOARD,
        summary=summary,
        description=(
            f"{{{{ $labels.service }}}}: {state} for {{{{ $value | humanizeDuration }}}}."
        ),
        needs=PUSHED,
    )
