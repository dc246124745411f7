"""Our own servers as real processes on a free loopback port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICES = Path(__file__).parents[2] / "services"
PATIENCE_SECONDS = 30.0

Series = tuple[str, frozenset[tuple[str, str]]]
"""A sample's name and labels."""


def series(name: str, **labels: str) -> Series:
    """The key under which ``ServerProcess.metrics`` holds a sample."""
    return name, frozenset(labels.items())


@dataclass(frozen=True, kw_only=True)
class ServerProcess:
    """A running server, which writes its output to files."""

    process: subprocess.Popen[bytes]
    stdout: Path
    stderr: Path
    port: int

    def get(self, path: str, timeout: float = PATIENCE_SECONDS) -> httpx.Response:
        """GET, on a connection of its own."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=timeout, trust_env=False)

    def metrics(self) -> dict[Series, float]:
        """Every sample of one scrape; fails on text that is not valid."""
        answer = self.get("/metrics").raise_for_status()
        return {
            series(sample.name, **sample.labels): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    def logs(self) -> list[dict[str, Any]]:
        """What the server has said so far; fails on a line that is not a JSON object."""
        return [dict(json.loads(line)) for line in self.stdout.read_text().splitlines()]

    def refuses(self) -> bool:
        """Whether it takes no new connections any more."""
        try:
            socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS).close()
        except ConnectionRefusedError:
            return True
        return False

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """The exit status, which is negative after a signal."""
        return self.process.wait(PATIENCE_SECONDS)


def environment(package: str, extra: Mapping[str, str], shims: Path | None) -> dict[str, str]:
    """What the process sees, and nothing of ours. ``shims`` is imported from before anything."""
    path = [str(SERVICES / package)] if shims is None else [str(shims), str(SERVICES / package)]
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LISTEN_ADDRESS": "127.0.0.1:0",
        **extra,
    }


def launch(arguments: list[str], variables: Mapping[str, str], directory: Path) -> ServerProcess:
    """Start ``python ARGUMENTS`` and wait until it says on which port it listens."""
    stdout, stderr = directory / "stdout", directory / "stderr"
    with stdout.open("wb") as out, stderr.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, *arguments], env=dict(variables), cwd=directory, stdout=out, stderr=err
        )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for line in stdout.read_text().splitlines(keepends=True):
            if line.endswith("\n") and (entry := json.loads(line))["message"] == "listening":
                return ServerProcess(
                    process=process, stdout=stdout, stderr=stderr, port=entry["port"]
                )
        time.sleep(0.02)
    process.kill()
    pytest.fail(f"the server never listened; it said: {stderr.read_text()}")


def run(
    package: str, variables: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run a server, or what else its package can do, that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", package, *arguments],
        env=dict(variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
