"""Starts our own servers for a test, and ends what is left of them after it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.services import faiss_client, s3_server, server_process
from tests.services.faiss_inside import COMMON, Servers

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.services.faiss_client import Faiss
    from tests.services.faiss_inside import Inside
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


@pytest.fixture
def writer(start_server: StartServer, tmp_path: Path) -> Faiss:
    """A FAISS server that writes."""
    return faiss_client.start(start_server, tmp_path / "writer")


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    """FAISS servers in this process, none yet."""
    with closing(Servers(tmp_path, monkeypatch)) as found:
        yield found


@pytest.fixture
def old(servers: Servers) -> Inside:
    """The one that writes."""
    return servers.writer("old", COMMON)


@pytest.fixture
def heir(servers: Servers, old: Inside) -> Inside:
    """The one that follows it, and is to write after it."""
    return servers.level_with(old, "heir")
