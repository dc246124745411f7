"""The FAISS server as a real process: honest health, metrics from the start, logs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.services.faiss_client import PACKAGE, start, until
from tests.services.faults import replace_search
from tests.services.server_process import series

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer
    from tests.services.server_process import ServerProcess

READABLE_NOT_WRITABLE = "/proc"
"""A directory that even root can list and cannot create a file in."""


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path) -> ServerProcess:
    return start(start_server, tmp_path).process


# Health


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_a_writer_with_a_writable_directory_is_healthy_and_ready(
    server: ServerProcess, path: str
) -> None:
    answer = server.get(path)

    assert answer.status_code == httpx.codes.OK
    assert answer.json() == {"status": "ok", "failures": {}, "warnings": {}}


@pytest.mark.parametrize("role", ["writer", "follower"])
@pytest.mark.parametrize("kind", ["missing", "a file"])
@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_no_role_is_healthy_without_its_directory(
    start_server: StartServer, tmp_path: Path, role: str, kind: str, path: str
) -> None:
    directory = tmp_path / "data"
    if kind == "a file":
        directory.write_text("in the way")

    server = start_server(PACKAGE, {"FAISS_DATA_DIR": str(directory), "FAISS_ROLE": role})
    answer = server.get(path)

    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.json()["status"] == "unavailable"
    assert answer.json()["failures"]["data_directory"].startswith(f"{directory} cannot be read: ")


@pytest.mark.parametrize("role", ["writer", "follower"])
def test_every_role_needs_to_write_in_its_directory(start_server: StartServer, role: str) -> None:
    server = start_server(PACKAGE, {"FAISS_DATA_DIR": READABLE_NOT_WRITABLE, "FAISS_ROLE": role})

    answer = server.get("/health")

    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    reason = answer.json()["failures"]["data_directory"]
    assert reason.startswith(f"{READABLE_NOT_WRITABLE} cannot be written: ")


def test_health_and_faiss_up_follow_what_happens_to_the_directory(
    start_server: StartServer, tmp_path: Path
) -> None:
    directory = tmp_path / "data"
    server = start_server(PACKAGE, {"FAISS_DATA_DIR": str(directory)})

    def seen() -> tuple[int, float]:
        return server.get("/health").status_code, server.metrics()[series("faiss_up")]

    assert seen() == (503, 0.0)
    directory.mkdir()
    until(lambda: seen() == (200, 1.0), "health after the directory came")
    directory.rename(tmp_path / "elsewhere")
    assert seen() == (503, 0.0)


def test_two_servers_never_share_a_directory(start_server: StartServer, tmp_path: Path) -> None:
    first = start(start_server, tmp_path)

    second = start(start_server, tmp_path, ready=False)

    answer = second.http.get("/health")
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "cannot be used" in answer.json()["failures"]["indexes"]
    first.kill()
    second.until_ready()


def test_the_check_leaves_nothing_in_the_directory(server: ServerProcess, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())

    server.get("/health")

    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("return None, numpy.array([[0, 1, 2]])", "faiss finds the wrong neighbours: [0, 1, 2]"),
        ("raise RuntimeError('broken\\nlibrary')", "faiss cannot search: 'broken\\nlibrary'"),
    ],
)
def test_a_search_that_goes_wrong_is_reported(
    start_server: StartServer, tmp_path: Path, fault: str, reason: str
) -> None:
    replace_search(tmp_path, fault)

    server = start_server(PACKAGE, {"FAISS_DATA_DIR": str(tmp_path)}, shims=tmp_path)
    answer = server.get("/health")

    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.json()["failures"]["search"].startswith(reason)


# Paths that do not exist


def test_an_unknown_path_is_a_404_in_json(server: ServerProcess) -> None:
    answer = server.get("/nowhere")

    assert answer.status_code == httpx.codes.NOT_FOUND
    assert answer.json() == {"error": "Not Found"}


def test_a_wrong_method_is_a_405_in_json(server: ServerProcess) -> None:
    answer = httpx.post(f"http://127.0.0.1:{server.port}/health", trust_env=False)

    assert answer.status_code == httpx.codes.METHOD_NOT_ALLOWED
    assert answer.json() == {"error": "Method Not Allowed"}


# Settings


@pytest.mark.parametrize(("size", "expected"), [("500MB", 5e8), ("5GB", 5e9), ("2TB", 2e12)])
def test_the_cache_size_is_read_in_decimal_units(
    start_server: StartServer, tmp_path: Path, size: str, expected: float
) -> None:
    server = start_server(PACKAGE, {"FAISS_DATA_DIR": str(tmp_path), "FAISS_CACHE_SIZE": size})

    assert server.metrics()[series("faiss_cache_limit_bytes")] == expected


def test_the_threads_that_run_requests_use_the_configured_number_of_workers(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start_server(PACKAGE, {"FAISS_DATA_DIR": str(tmp_path), "FAISS_NUM_WORKERS": "3"})

    with ThreadPoolExecutor(8) as pool:
        scrapes = list(pool.map(lambda _: server.metrics(), range(8)))

    assert {scrape[series("faiss_omp_threads")] for scrape in scrapes} == {3.0}


# Logs


def test_logs_are_json_lines_without_requests_in_them(server: ServerProcess) -> None:
    server.get("/health?token=hunter2")
    server.terminate()
    server.wait()

    assert all({"time", "level", "logger", "message"} <= entry.keys() for entry in server.logs())
    assert "hunter2" not in server.stdout.read_text()
    assert server.stderr.read_text() == ""


def test_a_failing_check_is_logged_with_its_reason(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start_server(PACKAGE, {"FAISS_DATA_DIR": str(tmp_path / "missing")})

    reasons = server.get("/health").json()["failures"]

    assert [entry["failures"] for entry in server.logs() if "failures" in entry] == [reasons]


@pytest.mark.parametrize(("level", "expected"), [("debug", True), ("info", False)])
def test_the_log_level_decides_what_is_said(
    start_server: StartServer, tmp_path: Path, level: str, *, expected: bool
) -> None:
    server = start_server(PACKAGE, {"FAISS_DATA_DIR": str(tmp_path), "LOG_LEVEL": level})
    server.get("/health")

    assert any(entry["level"] == "debug" for entry in server.logs()) is expected
