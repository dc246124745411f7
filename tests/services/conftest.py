"""Starts our own servers for a test, and ends what is left of them after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tests.services import s3_server, server_process

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.services.s3_server import S3
    from tests.services.server_process import ServerProcess


class StartServer(Protocol):
    """Start ``python -m PACKAGE``, or ``code`` in its place, with only these variables set."""

    def __call__(
        self,
        package: str,
        variables: Mapping[str, str] = ...,
        *,
        code: str | None = None,
        shims: Path | None = None,
    ) -> ServerProcess: ...


class RunServer(Protocol):
    """Run ``python -m PACKAGE`` until it ends by itself."""

    def __call__(
        self, package: str, variables: Mapping[str, str] = ..., *, shims: Path | None = None
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """A StartServer whose servers are killed after the test."""
    running: list[ServerProcess] = []

    def start(
        package: str,
        variables: Mapping[str, str] | None = None,
        *,
        code: str | None = None,
        shims: Path | None = None,
    ) -> ServerProcess:
        server = server_process.launch(
            ["-c", code] if code else ["-m", package],
            server_process.environment(package, variables or {}, shims),
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
    """A RunServer."""

    def run(
        package: str, variables: Mapping[str, str] | None = None, *, shims: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return server_process.run(
            package, server_process.environment(package, variables or {}, shims)
        )

    return run


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """A real S3 server for the whole session; each test makes a bucket of its own."""
    if s3_server.located() is None:
        pytest.skip(s3_server.NONE)
    server = s3_server.start(tmp_path_factory.mktemp("s3"))
    yield server
    server.process.kill()
    server.process.wait()
