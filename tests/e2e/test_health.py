"""``rf health`` asks the platform, which runs as processes of this machine."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from components.spec import ServiceSpec
from rf.cli import run
from rf.exit_codes import ExitCode
from rf.health import monitoring, wiring
from rf.health.machine import exchange
from rf.health.reach import Answer, Command, Request
from tests.e2e.harness.needs import needs
from tests.e2e.harness.platform import Platform
from tests.e2e.harness.stack import SECRETS
from tests.e2e.harness.waiting import seconds_until

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    needs("gateway", "prometheus", "alertmanager", "redis", "faiss"),
]

TWO_SCRAPES = 40
"""Seconds, and some to spare."""

Asked = tuple[int, dict[str, Any], str]
Ask = Callable[[], Asked]


class ProcessReach:
    """The platform's processes, without the alerts that other tests have caused.

    Those fire for minutes after their cause.
    """

    any_port = True

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._hosts = {each.spec.instance: each.address for each in platform.containers.values()}
        self._began = datetime.now(UTC).isoformat()

    def send(self, spec: ServiceSpec, request: Request) -> tuple[Answer, ...]:
        origin = f"http://{self._hosts[spec.instance]}:{request.port.number}"
        answer = exchange(spec.instance, origin, request)
        if request.path != monitoring.ALERTS:
            return (answer,)
        alerts = [
            alert
            for alert in monitoring.data(answer.body)["alerts"]
            if alert["activeAt"] > self._began or alert["labels"]["alertname"] == "Watchdog"
        ]
        return (replace(answer, body=json.dumps({"data": {"alerts": alerts}}).encode()),)

    def run(self, spec: ServiceSpec, command: Command) -> tuple[Answer, ...]:
        status = self._platform[spec.name].run(command.argv).returncode
        return (Answer(copy=spec.instance, status=status),)

    def lacking(self, _: Sequence[ServiceSpec]) -> tuple[str, ...]:
        return ()


@pytest.fixture
def ask(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Ask:
    """Run ``rf health``, with the platform's containers for those of Docker."""
    reach = ProcessReach(platform)
    monkeypatch.setattr(wiring, "reach", lambda _: reach)

    def asked() -> Asked:
        with platform.world.entered():
            status = run(["health", "--json"])
        out, err = capfd.readouterr()
        return status, json.loads(out), out + err

    return asked


def failed(found: dict[str, Any]) -> dict[str, str]:
    """What each row answered that is not well, by subject."""
    return {row["subject"]: row["answer"] for row in found["rows"] if row["verdict"] == "failed"}


def test_a_platform_that_is_well_is_healthy(ask: Ask) -> None:
    found: list[Asked] = []

    def healthy() -> bool:
        found[:] = [ask()]
        # A platform that has just begun has not been scraped in full, which is no failure.
        scraped = any(row["subject"] == "scrape targets" for row in found[0][1]["rows"])
        return found[0][0] == ExitCode.DONE and scraped

    seconds_until(healthy, within=TWO_SCRAPES)

    _, document, _ = found[0]
    subjects = [row["subject"] for row in document["rows"]]
    assert document["healthy"] is True
    assert {"redis", "gateway", "faiss for clients", "flags for clients"} <= set(subjects)
    assert {"alertmanager", "grafana", "prometheus", "alerts"} <= set(subjects)
    assert all(row["seconds"] > 0 for row in document["rows"])


def test_a_server_that_has_stopped_is_named_with_what_to_do(platform: Platform, ask: Ask) -> None:
    platform["faiss"].kill()
    try:
        status, document, _ = ask()
    finally:
        platform["faiss"].start()
        platform.wait_until_ready("faiss")

    assert status == ExitCode.UNHEALTHY
    assert {"faiss-stable", "faiss for clients"} <= set(failed(document))
    (row,) = (row for row in document["rows"] if row["subject"] == "faiss-stable")
    assert row["advice"].endswith("ServiceDown.md")
    assert Path(row["advice"].removeprefix("see ")).exists()


def test_a_redis_that_refuses_the_password_is_unhealthy_and_nobody_sees_it(
    platform: Platform, ask: Ask
) -> None:
    auth = 'REDISCLI_AUTH="$(cat /run/secrets/redis/password)"'
    change = "redis-cli acl setuser default resetpass '>another'"
    assert platform["redis"].run(("sh", "-c", f"{auth} {change}")).returncode == 0
    try:
        status, document, said = ask()
    finally:
        platform["redis"].kill()
        platform["redis"].start()
        platform.wait_until_ready("redis")

    assert status == ExitCode.UNHEALTHY
    assert failed(document)["redis"] == "exit 1"
    assert SECRETS["redisPassword"] not in said
    assert json.dumps(SECRETS["redisPassword"]).strip('"') not in said


@needs("flags")
def test_a_flagd_that_is_ready_and_has_no_features_is_unhealthy(
    platform: Platform, ask: Ask
) -> None:
    flags = platform["flags"]
    (file,) = flags.spec.live_files
    flags.rewrite(file.path, '{"flags": {}}')
    try:
        seconds_until(lambda: "flags for clients" in failed(ask()[1]), within=10)
        _, document, _ = ask()
    finally:
        flags.rewrite(file.path, file.content)

    assert failed(document) == {"flags for clients": "404"}
    seconds_until(lambda: not failed(ask()[1]), within=10)
