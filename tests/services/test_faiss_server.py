"""The FAISS server as a real process: honest health, metrics from the start, logs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
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


# Metrics


def test_every_metric_is_there_from_the_first_scrape(server: ServerProcess) -> None:
    metrics = server.metrics()

    build = series("faiss_build_info", version="0.1.0", faiss_version=version("faiss-cpu"))
    expected = {
        series("faiss_up"): 1.0,
        build: 1.0,
        series("faiss_config_info", index_type="IVF,PQ", role="writer"): 1.0,
        series("faiss_cache_limit_bytes"): 10e9,
        series("faiss_omp_threads"): 2.0,
        series("faiss_role", role="writer"): 1.0,
        series("faiss_role", role="follower"): 0.0,
        series("faiss_checksum_failures_total"): 0.0,
        series("faiss_wal_torn_bytes_total"): 0.0,
        series("faiss_wal_position"): 1.0,
        series("faiss_log_damaged"): 0.0,
        series("faiss_snapshot_timestamp_seconds"): 0.0,
        series("faiss_snapshot_age_seconds"): 0.0,
        series("faiss_replication_lag_records"): 0.0,
        series("faiss_replication_lag_seconds"): 0.0,
        **{series("faiss_queue_depth", queue=name): 0.0 for name in ("search", "change", "log")},
        **{
            series("faiss_search_total", index="", outcome=outcome): 0.0
            for outcome in ("ok", "invalid", "busy", "error")
        },
    }
    assert {key: metrics.get(key) for key in expected} == expected
    assert metrics[series("faiss_wal_bytes")] > 0
    assert metrics[series("process_resident_memory_bytes")] > 0


def test_an_index_has_all_its_series_before_its_first_search(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    server.fill(3)

    metrics = server.process.metrics()

    for outcome in ("ok", "invalid", "busy", "error"):
        assert metrics[series("faiss_search_total", index="papers", outcome=outcome)] == 0
    assert metrics[series("faiss_search_duration_seconds_count", index="papers")] == 0
    assert metrics[series("faiss_index_vectors", index="papers")] == 3
    assert metrics[series("faiss_index_bytes", index="papers")] > 3 * 8 * 4
    assert metrics[series("faiss_index_trained", index="papers")] == 0
    assert metrics[series("faiss_index_load_timestamp_seconds", index="papers")] > 1e9


def test_searches_are_counted_by_what_became_of_them(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    data = server.fill(3)

    server.search(data, 1)
    server.refused(400, "POST", "/indexes/papers/search", {"vectors": [[1.0] * 8], "k": 9})
    server.refused(404, "POST", "/indexes/nothing/search", {"vectors": [[1.0] * 8]})
    metrics = server.process.metrics()

    assert metrics[series("faiss_search_total", index="papers", outcome="ok")] == 1
    assert metrics[series("faiss_search_total", index="papers", outcome="invalid")] == 1
    assert metrics[series("faiss_search_total", index="", outcome="invalid")] == 1
    assert metrics[series("faiss_search_duration_seconds_count", index="papers")] == 2


def test_a_dropped_index_leaves_no_series(start_server: StartServer, tmp_path: Path) -> None:
    server = start(start_server, tmp_path)
    server.fill(3)

    server.good("DELETE", "/indexes/papers")

    assert not [key for key in server.process.metrics() if ("index", "papers") in key[1]]


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
