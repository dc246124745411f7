"""Routes, certificates, rollouts."""

from __future__ import annotations

from tests.monitoring.promtool import Firing, Scenario

ROUTES = 'job="gateway", instance="gw-1", envoy_rds_route_config="ollama"'
DAYS = "envoy_server_days_until_first_cert_expiring"


def days(values: str) -> dict[str, str]:
    return {f'{DAYS}{{job="gateway", instance="gw-1"}}': values}


def left(number: int) -> tuple[Firing, ...]:
    return (Firing(labels={"instance": "gw-1"}, says=f"gw-1: {number} days are left."),)


def state(name: str, seconds_ago: int, steps: int = 60) -> dict[str, str]:
    labels = f'job="rollout", service="ollama", state="{name}"'
    return {f"rollout_state_since_timestamp_seconds{{{labels}}}": f"{-seconds_ago}x{steps}"}


def refusals(rejected: str, failed: str) -> dict[str, str]:
    return {
        f"envoy_http_rds_update_rejected{{{ROUTES}}}": rejected,
        f"envoy_http_rds_update_failure{{{ROUTES}}}": failed,
    }


REFUSED = (
    Firing(
        labels={"instance": "gw-1", "envoy_rds_route_config": "ollama"},
        says="gw-1 refused the routes of ollama.",
    ),
)

DELIVERY = (
    Scenario(
        alert="GatewayRefusesConfig",
        name="fires a minute after a gateway refused its routes",
        series=refusals("0x8 1x60", "0x68"),
        expect={"3m": (), "3m15s": REFUSED},
    ),
    Scenario(
        alert="GatewayRefusesConfig",
        name="fires a minute after a gateway could not read its routes",
        series=refusals("0x68", "0x8 1x60"),
        expect={"3m": (), "3m15s": REFUSED},
    ),
    Scenario(
        alert="GatewayRefusesConfig",
        name="is silent when a gateway restarts after an old refusal",
        series=refusals("3x20 0x60", "1x20 0x60"),
        expect={"3m15s": (), "8m": ()},
    ),
    Scenario(
        alert="CertificateExpiring",
        name="fires with less than 21 days left for an hour",
        series=days("21x4 20x100"),
        every="1m",
        expect={"64m": (), "65m": left(20)},
    ),
    Scenario(
        alert="CertificateExpiring",
        name="is silent with 21 days left, and where there is no certificate",
        series=days("21x100")
        # What Envoy says without TLS.
        | {f'{DAYS}{{job="gateway", instance="gw-2"}}': "4294967295x100"},
        every="1m",
        expect={"65m": (), "90m": ()},
    ),
    Scenario(
        alert="CertificateExpiresNow",
        name="fires with less than three days left for five minutes",
        series=days("2x40"),
        expect={"4m45s": (), "5m": left(2)},
    ),
    Scenario(
        alert="CertificateExpiresNow",
        name="is silent with three days left",
        series=days("3x40"),
        expect={"5m": (), "10m": ()},
    ),
    Scenario(
        alert="RolloutPaused",
        name="fires when a rollout has waited for half an hour",
        series=state("paused", 29 * 60),
        expect={
            "2m": (),
            "2m15s": (Firing(labels={"service": "ollama"}, says="ollama: paused for 31m 15s."),),
        },
    ),
    Scenario(
        alert="RolloutPaused",
        name="is silent when it goes on in time",
        series={
            'rollout_state_since_timestamp_seconds{job="rollout", service="ollama", '
            'state="paused"}': "-1740x3 stale"
        }
        | state("running", 0),
        expect={"2m15s": (), "10m": ()},
    ),
    Scenario(
        alert="RolloutStuck",
        name="fires when a step has taken more than six hours",
        series=state("running", 6 * 3600 - 60),
        expect={
            "6m": (),
            "6m15s": (Firing(labels={"service": "ollama"}, says="ollama: running for 6h 5m 15s."),),
        },
    ),
    Scenario(
        alert="RolloutStuck",
        name="is silent when the next step begins in time",
        series={
            'rollout_state_since_timestamp_seconds{job="rollout", service="ollama", '
            'state="running"}': f"{60 - 6 * 3600}x3 45x60"
        },
        expect={"6m15s": (), "15m": ()},
    ),
)
