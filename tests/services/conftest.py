"""Starts our own servers for a test, and ends what is left of them after it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.services import server_process
from tests.services.server_process import ServerProcess


class StartServer(Protocol):
    def __call__(
        self,
        package: str,
        *,
        code: str | None = None,
        shims: Path | None = None,
        **variables: str,
    ) -> ServerProcess: ...


class RunServer(Protocol):
    def __call__(
        self, package: str, *, shims: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Start ``python -m PACKAGE``, or ``code`` in its place, with only these variables set."""
    running: list[ServerProcess] = []

    def start(
        package: str, *, code: str | None = None, shims: Path | None = None, **variables: str
    ) -> ServerProcess:
        server = server_process.launch(
            ["-c", code] if code else ["-m", package],
            server_process.environment(package, variables, shims),
            tmp_path_factory.mktemp(package),
        )
        running.append(server)
        return server

    yield start
    for server in running:
        server.process.kill()
        server.process.wait()


@pytest.fixture
def run_server() -> RunServer:
    """Run ``python -m PACKAGE`` until it ends by itself."""

    def run(
        package: str, *, shims: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return server_process.run(package, server_process.environment(package, variables, shims))

    return run
