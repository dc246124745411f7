"""The FAISS server as a real process: honest health, settings, metrics, logs, draining."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest

from tests.services.conftest import RunServer, StartServer
from tests.services.server_process import ServerProcess, series

PACKAGE = "faiss_server"

READABLE_NOT_WRITABLE = "/proc"
"""A directory that even root can list and cannot create a file in."""

STUCK_SERVER = """
import time
from starlette.applications import Starlette
from starlette.routing import Route
from faiss_server import logs, serving

def stuck(request):
    time.sleep(60)

serving.exit_cleanly_on_signals()
logs.configure("info")
app = Starlette(routes=[Route("/stuck", stuck)])
serving.serve(app, serving.listen("127.0.0.1", 0), drain_seconds=1)
"""
"""The server's own way of serving, around an application whose thread never comes back."""


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path) -> ServerProcess:
    return start_server(PACKAGE, FAISS_DATA_DIR=str(tmp_path))


def replace_search(shims: Path, body: str) -> None:
    """Make faiss, in a server that starts with ``shims``, search in this way instead."""
    (shims / "sitecustomize.py").write_text(
        "import time, faiss, numpy\n"
        f"def search(self, *args, **kwargs):\n    {body}\n"
        "faiss.IndexFlatL2.search = search\n"
    )


# Health


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_a_writer_with_a_writable_directory_is_healthy_and_ready(
    server: ServerProcess, path: str
) -> None:
    answer = server.get(path)

    assert answer.status_code == httpx.codes.OK
    assert answer.json() == {"status": "ok", "failures": {}}


@pytest.mark.parametrize("role", ["writer", "follower"])
@pytest.mark.parametrize("kind", ["missing", "a file"])
@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_no_role_is_healthy_without_its_directory(
    start_server: StartServer, tmp_path: Path, role: str, kind: str, path: str
) -> None:
    directory = tmp_path / "data"
    if kind == "a file":
        directory.write_text("in the way")

    server = start_server(PACKAGE, FAISS_DATA_DIR=str(directory), FAISS_ROLE=role)
    answer = server.get(path)

    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.json()["status"] == "unavailable"
    assert answer.json()["failures"]["data_directory"].startswith(f"{directory} cannot be read: ")


def test_a_writer_needs_to_write_in_its_directory(start_server: StartServer) -> None:
    server = start_server(PACKAGE, FAISS_DATA_DIR=READABLE_NOT_WRITABLE, FAISS_ROLE="writer")

    answer = server.get("/health")

    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    reason = answer.json()["failures"]["data_directory"]
    assert reason.startswith(f"{READABLE_NOT_WRITABLE} cannot be written: ")


def test_a_follower_only_needs_to_read_its_directory(start_server: StartServer) -> None:
    server = start_server(PACKAGE, FAISS_DATA_DIR=READABLE_NOT_WRITABLE, FAISS_ROLE="follower")

    assert server.get("/health").status_code == httpx.codes.OK


def test_health_and_faiss_up_follow_what_happens_to_the_directory(
    start_server: StartServer, tmp_path: Path
) -> None:
    directory = tmp_path / "data"
    server = start_server(PACKAGE, FAISS_DATA_DIR=str(directory))
    seen = []

    for change in (lambda: None, directory.mkdir, directory.rmdir):
        change()
        seen.append((server.get("/health").status_code, server.metrics()[series("faiss_up")]))

    assert seen == [(503, 0.0), (200, 1.0), (503, 0.0)]


def test_the_check_leaves_nothing_in_the_directory(server: ServerProcess, tmp_path: Path) -> None:
    server.get("/health")

    assert list(tmp_path.iterdir()) == []


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

    server = start_server(PACKAGE, shims=tmp_path, FAISS_DATA_DIR=str(tmp_path))
    answer = server.get("/health")

    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.json()["failures"]["search"].startswith(reason)


# Paths that do not exist


def test_an_unknown_path_is_a_404_in_json(server: ServerProcess) -> None:
    answer = server.get("/indexes/papers/search")

    assert answer.status_code == httpx.codes.NOT_FOUND
    assert answer.json() == {"error": "Not Found"}


def test_a_wrong_method_is_a_405_in_json(server: ServerProcess) -> None:
    answer = httpx.post(f"http://127.0.0.1:{server.port}/health", trust_env=False)

    assert answer.status_code == httpx.codes.METHOD_NOT_ALLOWED
    assert answer.json() == {"error": "Method Not Allowed"}


# Metrics


def test_every_metric_is_there_from_the_first_scrape(server: ServerProcess) -> None:
    metrics = server.metrics()

    faiss_metrics = {key: value for key, value in metrics.items() if key[0].startswith("faiss_")}
    build = series("faiss_build_info", version="0.1.0", faiss_version=version("faiss-cpu"))
    assert faiss_metrics == {
        series("faiss_up"): 1.0,
        build: 1.0,
        series("faiss_config_info", index_type="IVF,PQ", role="writer"): 1.0,
        series("faiss_cache_limit_bytes"): 10e9,
        series("faiss_omp_threads"): 8.0,
        series("faiss_index_vectors"): 0.0,
        series("faiss_index_bytes"): 0.0,
    }
    assert metrics[series("process_resident_memory_bytes")] > 0


@pytest.mark.parametrize(("size", "expected"), [("500MB", 5e8), ("5GB", 5e9), ("2TB", 2e12)])
def test_the_cache_size_is_read_in_decimal_units(
    start_server: StartServer, tmp_path: Path, size: str, expected: float
) -> None:
    server = start_server(PACKAGE, FAISS_DATA_DIR=str(tmp_path), FAISS_CACHE_SIZE=size)

    assert server.metrics()[series("faiss_cache_limit_bytes")] == expected


def test_the_threads_that_run_requests_use_the_configured_number_of_workers(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start_server(PACKAGE, FAISS_DATA_DIR=str(tmp_path), FAISS_NUM_WORKERS="3")

    with ThreadPoolExecutor(8) as pool:
        scrapes = list(pool.map(lambda _: server.metrics(), range(8)))

    assert {scrape[series("faiss_omp_threads")] for scrape in scrapes} == {3.0}


# Settings


@pytest.mark.parametrize(
    "index_type",
    ["IVF,PQ", "IVF,Flat", "Flat", "HNSW32", "IVF65536_HNSW32,PQ64", "OPQ16_64,IVF256,PQ16", "PQ7"],
)
def test_an_index_type_that_faiss_can_build_is_accepted(
    start_server: StartServer, tmp_path: Path, index_type: str
) -> None:
    server = start_server(PACKAGE, FAISS_DATA_DIR=str(tmp_path), FAISS_INDEX_TYPE=index_type)

    config = series("faiss_config_info", index_type=index_type, role="writer")
    assert server.metrics()[config] == 1.0


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("FAISS_INDEX_TYPE", "banana", "write IVF,PQ or a faiss index_factory string"),
        ("FAISS_INDEX_TYPE", "", "write IVF,PQ"),
        ("FAISS_INDEX_TYPE", "IVF, PQ", "write IVF,PQ"),
        ("FAISS_INDEX_TYPE", "IVF0,Flat", "write IVF,PQ"),
        ("FAISS_INDEX_TYPE", "IVF1000000000,Flat", "write IVF,PQ"),
        ("FAISS_INDEX_TYPE", "Flat\nFlat", "write IVF,PQ"),
        ("FAISS_INDEX_TYPE", "Flät", "write IVF,PQ"),
        ("FAISS_INDEX_TYPE", "x" * 5000, "write IVF,PQ"),
        ("FAISS_CACHE_SIZE", "10", "write a whole number and MB, GB or TB"),
        ("FAISS_CACHE_SIZE", "10GiB", "write a whole number and MB, GB or TB"),
        ("FAISS_CACHE_SIZE", "0GB", "write a whole number and MB, GB or TB"),
        ("FAISS_CACHE_SIZE", "1.5GB", "write a whole number and MB, GB or TB"),
        ("FAISS_CACHE_SIZE", "-1GB", "write a whole number and MB, GB or TB"),
        ("FAISS_NUM_WORKERS", "0", "write a whole number from 1 to 1024"),
        ("FAISS_NUM_WORKERS", "1025", "write a whole number from 1 to 1024"),
        ("FAISS_NUM_WORKERS", "eight", "write a whole number from 1 to 1024"),
        ("FAISS_NUM_WORKERS", "1_0", "write a whole number from 1 to 1024"),
        ("FAISS_ROLE", "reader", "choose writer or follower"),
        ("FAISS_ROLE", "", "choose writer or follower"),
        ("FAISS_DATA_DIR", "data", "write an absolute path"),
        ("LOG_LEVEL", "loud", "choose debug, info, warning or error"),
        ("LISTEN_ADDRESS", "5000", "write ADDRESS:PORT"),
        ("LISTEN_ADDRESS", "127.0.0.1:65536", "write ADDRESS:PORT"),
        ("LISTEN_ADDRESS", "localhost:5000", "write ADDRESS:PORT"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_the_process_with_one_line(
    run_server: RunServer, name: str, value: str, remedy: str
) -> None:
    ended = run_server(PACKAGE, **{name: value})

    assert ended.returncode == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"faiss_server: {name} is '")
    assert remedy in line
    assert len(line) < 250


def test_a_port_that_is_taken_ends_the_process_with_one_line(run_server: RunServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ended = run_server(PACKAGE, LISTEN_ADDRESS=f"127.0.0.1:{other.getsockname()[1]}")

    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("faiss_server: cannot listen: Address already in use")


def test_a_faiss_that_cannot_be_loaded_ends_the_process_with_one_line(
    run_server: RunServer, tmp_path: Path
) -> None:
    (tmp_path / "faiss.py").write_text("raise ImportError('libgomp.so.1: not found\\nat all')\n")

    ended = run_server(PACKAGE, shims=tmp_path)

    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "faiss_server: a library cannot be loaded: libgomp.so.1: not found at all"
    ]


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
    server = start_server(PACKAGE, FAISS_DATA_DIR=str(tmp_path / "missing"))

    reasons = server.get("/health").json()["failures"]

    assert [entry["failures"] for entry in server.logs() if entry["level"] == "warning"] == [
        reasons
    ]


@pytest.mark.parametrize(("level", "expected"), [("debug", True), ("info", False)])
def test_the_log_level_decides_what_is_said(
    start_server: StartServer, tmp_path: Path, level: str, *, expected: bool
) -> None:
    server = start_server(PACKAGE, FAISS_DATA_DIR=str(tmp_path), LOG_LEVEL=level)
    server.get("/health")

    assert any(entry["level"] == "debug" for entry in server.logs()) is expected


# Draining


def test_sigterm_ends_an_idle_server_with_status_0(server: ServerProcess) -> None:
    with httpx.Client(trust_env=False) as client:
        client.get(f"http://127.0.0.1:{server.port}/health")  # leaves an idle connection open

        server.terminate()

        assert server.wait() == 0


def test_a_running_request_is_finished_after_sigterm_while_new_ones_are_refused(
    start_server: StartServer, tmp_path: Path
) -> None:
    replace_search(tmp_path, "time.sleep(2); return None, numpy.array([[2, 3, 1]])")
    server = start_server(PACKAGE, shims=tmp_path, FAISS_DATA_DIR=str(tmp_path))

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(server.get, "/health")
        time.sleep(0.5)
        server.terminate()
        time.sleep(0.5)
        with pytest.raises(httpx.ConnectError):
            server.get("/health")

        assert running.result().json() == {"status": "ok", "failures": {}}
    assert server.wait() == 0


def test_a_request_that_outlives_the_drain_time_holds_nothing_up(
    start_server: StartServer,
) -> None:
    server = start_server(PACKAGE, code=STUCK_SERVER)

    with ThreadPoolExecutor(1) as pool:
        stuck = pool.submit(server.get, "/stuck")
        time.sleep(0.5)
        started = time.monotonic()
        server.terminate()
        status = server.wait()
        took = time.monotonic() - started

        assert stuck.result().status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert status == 0
    assert 1 <= took < 5
