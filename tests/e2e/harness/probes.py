"""A spec's own checks, asked of a running container."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import httpx

from components.platforms.docker import health as docker
from components.spec.health import Check, ExecCheck, HttpCheck, NoTool

from .stand_in import CONTROL_PORT

if TYPE_CHECKING:
    from .container import Container

SECONDS = 5
PATIENCE_SECONDS = 60


def failure(container: Container, check: Check | None) -> str | None:
    """Why ``check`` fails; None when it passes, or when there is nothing to ask.

    HTTP is asked from outside the container, as a kubelet does; a command runs inside.
    """
    match check:
        case HttpCheck(port=port, path=path):
            return _http_failure(container, port, path)
        case ExecCheck(command=command):
            return _command_failure(container, command)
        case _:
            return None


def docker_failure(container: Container) -> str | None:
    """The same for the one command that Docker runs inside the container."""
    test = docker.check(container.spec.health)
    assert not isinstance(test, NoTool), test.reason
    _, *command = test
    return _command_failure(container, tuple(command))


def _http_failure(container: Container, port: int, path: str) -> str | None:
    try:
        answer = container.get(port, path, timeout=SECONDS)
    except httpx.HTTPError as error:
        return f"{path} on {port}: {error!r}"
    return None if answer.is_success else f"{path} on {port}: {answer.status_code} {answer.text}"


def _command_failure(container: Container, command: tuple[str, ...]) -> str | None:
    try:
        done = container.run(command, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"{command[0]}: no end within {SECONDS} s"
    if done.returncode == 0:
        return None
    return f"{command[0]}: exit code {done.returncode}: {done.stdout}{done.stderr}"


def wait_until_ready(containers: list[Container]) -> None:
    """Until the start-up and ready checks of all pass; RuntimeError says whose do not, and why.

    Of a stand-in only HTTP is asked: what commands would ask is not there.
    """
    waiting = containers
    end = time.monotonic() + PATIENCE_SECONDS
    while waiting:
        reasons = {container.name: _not_ready(container) for container in waiting}
        waiting = [container for container in waiting if reasons[container.name]]
        ended = any(not container.running for container in waiting)
        if ended or (waiting and time.monotonic() > end):
            lines = [f"{c.name}: {reasons[c.name]}\n{c.log_tail}" for c in waiting]
            raise RuntimeError("\n".join(["not ready:", *lines]))
        time.sleep(0.05)


def _not_ready(container: Container) -> str | None:
    if not container.running:
        return f"ended with {container.wait()}"
    health = container.spec.health
    checks: list[Check | None] = [health.startup, health.ready]
    if container.stands_in:
        checks = [check for check in checks if isinstance(check, HttpCheck)]
        checks.append(HttpCheck(port=CONTROL_PORT, path="/", tool="python"))
    return next(filter(None, (failure(container, check) for check in checks)), None)
