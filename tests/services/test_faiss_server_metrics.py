"""The metrics of the FAISS server: all there from the start, and true."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from tests.services.faiss_client import start
from tests.services.server_process import series

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer
    from tests.services.server_process import ServerProcess


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path) -> ServerProcess:
    return start(start_server, tmp_path).process


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
