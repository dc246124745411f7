"""A real Prometheus scrapes a real Envoy under failing traffic: the right alert fires."""

import time
from typing import Any

import pytest

from tests.e2e.harness.needs import needs
from tests.e2e.harness.platform import Platform
from tests.e2e.harness.stack import HASTY_ALERT
from tests.e2e.harness.traffic import Traffic
from tests.e2e.harness.waiting import seconds_until

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    needs("gateway", "prometheus", "alertmanager", "faiss"),
]

FAISS = 5000
FOUR_SCRAPES = 60
# Prometheus sends an alert again after a minute, if Alertmanager was not there the first time.
RESEND = 100
# For a hand-over to Alertmanager, which groups for 30 s before it tells, but shows at once.
DELIVERY = 20
INFERENCE = "ServiceDown|HighErrorRate|CriticalErrorRate|HighInferenceLatency|ErrorBudgetBurnFast"


def alerts(platform: Platform, **matchers: str) -> list[dict[str, str]]:
    """Labels of the alerts in Prometheus that match."""
    text = ", ".join(f'{label}=~"{value}"' for label, value in matchers.items())
    return [found["metric"] for found in platform.query(f"ALERTS{{{text}}}")]


def heard(platform: Platform) -> list[dict[str, Any]]:
    """The alerts that Alertmanager has."""
    found: list[dict[str, Any]] = platform["alertmanager"].get(9093, "/api/v2/alerts").json()
    return found


def test_every_rule_is_loaded_and_none_fails(platform: Platform) -> None:
    groups = platform["prometheus"].get(9090, "/api/v1/rules").json()["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]

    assert len(rules) > 50
    assert [rule["name"] for rule in rules if rule.get("lastError")] == []


def test_the_watchdog_arrives_at_alertmanager(platform: Platform) -> None:
    def names() -> set[str]:
        return {alert["labels"]["alertname"] for alert in heard(platform)}

    seconds_until(lambda: "Watchdog" in names(), within=RESEND)


def test_users_errors_raise_the_alert_of_their_service_and_no_other(platform: Platform) -> None:
    url = platform["gateway"].url(FAISS, "/health")
    with (
        platform.impersonated("faiss", status=500),
        Traffic(world=platform.world, url=url, clients=4) as traffic,
    ):
        seconds_until(
            lambda: (
                alerts(platform, alertname=HASTY_ALERT, alertstate="firing", service="faiss") != []
            ),
            within=2 * FOUR_SCRAPES,
        )
        time.sleep(1)
    firing = alerts(platform, alertname=INFERENCE, alertstate="firing")

    # 503 is what the gateway says once its own health check has failed.
    assert set(traffic.results) <= {500, 503}
    assert {alert["service"] for alert in firing} == {"faiss"}
    seconds_until(
        lambda: any(alert["labels"]["alertname"] == HASTY_ALERT for alert in heard(platform)),
        within=DELIVERY,
    )
    (told,) = (a for a in heard(platform) if a["labels"]["alertname"] == HASTY_ALERT)
    assert told["labels"]["severity"] == "critical"
    assert told["annotations"]["description"].startswith("faiss: ")
    assert told["annotations"]["runbook_url"].endswith(f"{HASTY_ALERT}.md")


def test_a_dead_service_is_on_its_way_to_an_alert_within_two_scrapes(platform: Platform) -> None:
    container = platform["faiss"]
    container.kill()
    try:
        seconds_until(
            lambda: alerts(platform, alertname="ServiceDown|TargetMissing", service="faiss") != [],
            within=FOUR_SCRAPES,
        )
    finally:
        container.start()
        platform.wait_until_ready("faiss")
