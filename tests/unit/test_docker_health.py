"""Health as Docker asks it, and the questions put to a real server."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.platforms.docker.container import service_container
from components.platforms.docker.health import check, go_duration, probe
from components.platforms.docker.place import Kwargs
from components.spec.health import Check, ExecCheck, Health, HttpCheck, NoCheck, NoTool, Tool
from tests.unit.docker_objects import place, service

MUTE = NoTool(reason="the image holds nothing but the server")
READY = ExecCheck(command=("ready",))
STARTED = ExecCheck(command=("started",))
UNASKABLE = HttpCheck(port=80, path="/", tool=MUTE)
BINARY = {"wget": "wget", "curl": "curl", "python": "python3", "bash": "bash"}


class Answer(BaseHTTPRequestHandler):
    """Answers GET with the status that the path names, and no other method."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/")))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def container(health: Health) -> Kwargs:
    return service_container(service(health=health), 0, place())


def asked(tool: Tool, port: int, path: str) -> subprocess.CompletedProcess[str]:
    """How the command ends, run here as Docker would run it in the container."""
    if shutil.which(BINARY[tool]) is None:
        pytest.skip(f"needs {BINARY[tool]} on PATH")
    test = probe(HttpCheck(port=port, path=path, tool=tool))
    assert not isinstance(test, NoTool)
    return subprocess.run(test[1:], capture_output=True, text=True, timeout=30, check=False)


def healthy(tool: Tool, port: int, path: str) -> bool:
    return asked(tool, port, path).returncode == 0


@pytest.mark.parametrize("tool", get_args(Tool))
def test_a_server_that_answers_200_is_healthy(tool: Tool, port: int) -> None:
    assert healthy(tool, port, "/200")


@pytest.mark.parametrize("status", [404, 500, 503])
@pytest.mark.parametrize("tool", get_args(Tool))
def test_a_server_that_answers_an_error_is_not(tool: Tool, status: int, port: int) -> None:
    assert not healthy(tool, port, f"/{status}")


@pytest.mark.parametrize("tool", get_args(Tool))
def test_a_port_where_nobody_listens_is_not(tool: Tool) -> None:
    assert not healthy(tool, 1, "/200")


def test_python_says_what_was_answered_in_one_line_of_the_health_log(port: int) -> None:
    (line,) = asked("python", port, "/503").stderr.splitlines()

    assert "503 Service Unavailable" in line


def test_a_command_is_run_as_it_is() -> None:
    assert check(Health(ready=READY)) == ("CMD", "ready")


def test_readiness_is_asked_even_where_there_is_a_startup_check() -> None:
    assert check(Health(ready=READY, startup=STARTED)) == ("CMD", "ready")


def test_the_startup_check_stands_in_where_readiness_cannot_be_asked_from_inside() -> None:
    assert check(Health(ready=UNASKABLE, startup=STARTED)) == ("CMD", "started")


@pytest.mark.parametrize(
    ("ready", "reason"),
    [(UNASKABLE, MUTE.reason), (NoCheck(reason="it has no state"), "it has no state")],
)
def test_where_nothing_can_be_asked_the_container_says_why(ready: Check, reason: str) -> None:
    kwargs = container(Health(ready=ready))

    assert "healthcheck" not in kwargs
    # Waiting for health without a check is an error of the provider.
    assert "wait" not in kwargs
    assert {"label": "researchflow.ai/no-health-check", "value": reason} in kwargs["labels"]


def test_a_deployment_waits_until_the_service_is_healthy() -> None:
    kwargs = container(Health(ready=READY, startup_seconds=300))

    assert kwargs["wait"] is True
    assert kwargs["healthcheck"] == {
        "tests": ["CMD", "ready"],
        "interval": "5s",
        "timeout": "5s",
        "start_period": "5m0s",
        "retries": 3,
    }


@given(st.integers(1, 100_000))
def test_waiting_outlasts_the_start_and_one_last_check(seconds: int) -> None:
    kwargs = container(Health(ready=READY, startup_seconds=seconds))

    assert kwargs["wait_timeout"] >= seconds + 10


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "5s"), (60, "1m0s"), (90, "1m30s"), (3600, "1h0m0s"), (3725, "1h2m5s")],
)
def test_durations_are_written_as_go_prints_them(seconds: int, text: str) -> None:
    assert go_duration(seconds) == text
