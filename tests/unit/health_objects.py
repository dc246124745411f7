"""A platform that answers ``rf health`` as a test wants it to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from components.spec import ServiceSpec
from rf.health import monitoring
from rf.health.reach import Answer, Command, Request
from settings import parse
from tests.conftest import platform


def specs(stack: str) -> tuple[ServiceSpec, ...]:
    """The services of a stack of this repository."""
    return parse(platform(stack), "test").specs


def targets(*jobs: str, **down: str) -> dict[str, Any]:
    """Prometheus' list: ``jobs`` are up, and those of ``down`` fail with an error."""
    up = [{"labels": {"job": job}, "health": "up", "lastError": ""} for job in jobs]
    bad = [
        {"labels": {"job": job}, "health": "down", "lastError": said} for job, said in down.items()
    ]
    return {"activeTargets": [*up, *bad]}


def alert(name: str, severity: str, state: str = "firing") -> dict[str, Any]:
    """An alert as Prometheus lists it."""
    return {
        "labels": {"alertname": name, "severity": severity, "service": "ollama"},
        "annotations": {
            "description": f"ollama: {name}",
            "runbook_url": f"https://runbooks.example/{name}.md",
        },
        "state": state,
    }


WATCHDOG = alert("Watchdog", "info")


@dataclass
class FakeReach:
    """A platform that is well, but for what ``answers`` say of an instance."""

    any_port: bool = False
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    prometheus: Mapping[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, Request | Command]] = field(default_factory=list)
    lacks: tuple[str, ...] = ()

    def lacking(self, _: Sequence[ServiceSpec]) -> tuple[str, ...]:
        return self.lacks

    def send(self, spec: ServiceSpec, request: Request) -> tuple[Answer, ...]:
        self.asked.append((spec.instance, request))
        body = json.dumps({"status": "success", "data": self.prometheus.get(request.path, {})})
        well = (Answer(copy=spec.instance, status=200, body=body.encode()),)
        return self.answers.get(spec.instance, well)

    def run(self, spec: ServiceSpec, command: Command) -> tuple[Answer, ...]:
        self.asked.append((spec.instance, command))
        return self.answers.get(spec.instance, (Answer(copy=spec.instance, status=0),))


def well(stack: str, *alerts: dict[str, Any], **answers: tuple[Answer, ...]) -> FakeReach:
    """A platform of ``stack`` whose Prometheus sees everything."""
    return FakeReach(
        any_port=stack != "local",
        answers={name.replace("_", "-"): given for name, given in answers.items()},
        prometheus={
            monitoring.TARGETS: targets(*monitoring.jobs(specs(stack))),
            monitoring.ALERTS: {"alerts": [WATCHDOG, *alerts]},
        },
    )


class Echo(BaseHTTPRequestHandler):
    """Answers every POST with its own body, and GET with a redirect."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.headers["Content-Type"] == "application/json" else 415)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
