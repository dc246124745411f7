"""What the Alertmanager and Pushgateway specs promise."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.inhibition import INHIBITIONS
from components.context import Context
from components.monitoring.alertmanager import (
    Alertmanager,
    AlertmanagerArgs,
    ReceiverArgs,
    config,
)
from components.monitoring.pushgateway import Pushgateway, PushgatewayArgs
from components.thresholds import THRESHOLDS

EVERYBODY = AlertmanagerArgs(
    slack=ReceiverArgs(least="warning"),
    pagerduty=ReceiverArgs(),
    webhook=ReceiverArgs(least="warning"),
    watchdog=True,
)


def parsed(args: AlertmanagerArgs) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(config(args))
    return loaded


def routes(args: AlertmanagerArgs) -> dict[str, list[str]]:
    """The matchers of each receiver's route."""
    return {route["receiver"]: route["matchers"] for route in parsed(args)["route"]["routes"]}


def test_without_receivers_alerts_arrive_and_nobody_is_told() -> None:
    spec = Alertmanager.describe(AlertmanagerArgs(), Context())

    assert parsed(AlertmanagerArgs())["receivers"] == [{"name": "none"}]
    assert spec.secret_files == ()
    assert not spec.internet


def test_each_receiver_hears_of_what_is_severe_enough_for_it() -> None:
    assert routes(EVERYBODY) == {
        "watchdog": ['alertname="Watchdog"'],
        "slack": ['severity=~"critical|warning"'],
        "pagerduty": ['severity=~"critical"'],
        "webhook": ['severity=~"critical|warning"'],
    }


def test_one_receiver_does_not_keep_an_alert_from_the_others() -> None:
    severities = [
        route for route in parsed(EVERYBODY)["route"]["routes"] if route["receiver"] != "watchdog"
    ]

    assert all(route["continue"] for route in severities)


def test_where_receivers_are_told_is_a_secret_file_and_never_in_the_configuration() -> None:
    spec = Alertmanager.describe(EVERYBODY, Context())
    text = config(EVERYBODY)

    assert {secret.template for secret in spec.secret_files} == {
        "${alertSlackUrl}",
        "${alertPagerdutyKey}",
        "${alertWebhookUrl}",
        "${alertWatchdogUrl}",
    }
    assert all(secret.path in text for secret in spec.secret_files)
    assert all(secret.template not in text for secret in spec.secret_files)
    assert spec.internet


def test_only_the_secrets_of_wanted_receivers_are_asked_for() -> None:
    spec = Alertmanager.describe(AlertmanagerArgs(pagerduty=ReceiverArgs()), Context())

    assert [secret.template for secret in spec.secret_files] == ["${alertPagerdutyKey}"]


def test_the_dead_mans_switch_is_told_every_minute() -> None:
    (route,) = (
        route for route in parsed(EVERYBODY)["route"]["routes"] if route["receiver"] == "watchdog"
    )

    assert (route["group_interval"], route["repeat_interval"]) == ("1m", "50s")


def test_who_hears_the_cause_does_not_hear_the_consequence() -> None:
    rules = {
        rule["source_matchers"][0]: rule for rule in parsed(AlertmanagerArgs())["inhibit_rules"]
    }
    down = rules['alertname="ServiceDown"']

    assert "HighErrorRate" in down["target_matchers"][0]
    assert down["equal"] == ["service"]
    assert rules['alertname="CriticalErrorRate"']["equal"] == ["service"]


def test_every_alert_that_inhibits_or_is_inhibited_exists() -> None:
    names = {name for rule in INHIBITIONS for name in (rule.source, *rule.targets)}

    assert names <= set(THRESHOLDS)


def test_no_alert_keeps_itself_from_being_heard() -> None:
    assert [rule.source for rule in INHIBITIONS if rule.source in rule.targets] == []


def amtool(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["amtool", *command], capture_output=True, text=True, check=False)


def amtool_lacks() -> str:
    """Why amtool cannot say anything about the file; empty when it can."""
    if shutil.which("amtool") is None:
        return "no amtool on PATH (Debian: prometheus-alertmanager)"
    stated = amtool("--version")
    old = re.search(r"version 0\.(\d+)", stated.stdout + stated.stderr)
    # Addresses of webhooks in files came with 0.26.
    return "this amtool is older than 0.26" if old and int(old[1]) < 26 else ""


@pytest.mark.skipif(shutil.which("amtool") is None, reason=amtool_lacks())
def test_amtool_accepts_the_file_without_receivers(tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(config(AlertmanagerArgs()))

    checked = amtool("check-config", path)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.skipif(bool(amtool_lacks()), reason=amtool_lacks())
@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        (("alertname=Watchdog", "severity=info"), "watchdog"),
        (("alertname=X", "severity=critical"), "slack,pagerduty,webhook"),
        (("alertname=X", "severity=warning"), "slack,webhook"),
        (("alertname=X", "severity=info"), "none"),
    ],
)
def test_amtool_finds_the_way_of_an_alert(
    labels: tuple[str, ...], receivers: str, tmp_path: Path
) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(config(EVERYBODY))

    found = amtool("config", "routes", "test", f"--config.file={path}", *labels)

    assert found.stdout.strip() == receivers, found.stderr


def test_pushed_metrics_are_kept_in_memory_and_nobody_wipes_them_over_http() -> None:
    spec = Pushgateway.describe(PushgatewayArgs(), Context())

    assert spec.volumes == ()
    assert not any("persistence" in flag or "enable" in flag for flag in spec.args)
    assert spec.scrape is not None
    assert spec.scrape.port == spec.port("http").number == 9091
