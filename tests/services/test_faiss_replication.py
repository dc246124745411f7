"""More than one FAISS server: one writes, and followers read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from tests.services.faiss_client import (
    Faiss,
    follow,
    level,
    position,
    reason_of,
    start,
    until,
    vectors,
)
from tests.services.server_process import series

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer


def test_a_follower_answers_what_its_writer_holds_and_takes_no_changes(
    start_server: StartServer, tmp_path: Path, writer: Faiss
) -> None:
    data = writer.fill(200)
    follower = follow(start_server, tmp_path / "follower", writer)
    writer.good("POST", "/indexes/papers/remove", {"ids": [3]})
    writer.fill(5, name="other")
    level(writer, follower)

    assert follower.count() == 199
    assert follower.count("other") == 5
    assert follower.search(data[10:20], 1).ravel().tolist() == list(range(10, 20))
    for method, path, body in (
        ("POST", "/indexes/papers/remove", {"ids": [1]}),
        ("PUT", "/indexes/new", {"dimension": 8}),
        ("DELETE", "/indexes/papers", None),
    ):
        reason = follower.refused(421, method, path, body)
        assert f"the writer is {writer.url}" in reason
    metrics = follower.process.metrics()
    assert metrics[series("faiss_role", role="follower")] == 1
    assert metrics[series("faiss_replication_lag_records")] == 0
    assert metrics[series("faiss_replication_lag_seconds")] < 30


def test_a_follower_goes_on_where_it_was_killed(
    start_server: StartServer, tmp_path: Path, writer: Faiss
) -> None:
    data = writer.fill(100)
    follower = follow(start_server, tmp_path / "follower", writer)
    level(writer, follower)
    follower.kill()
    writer.add(np.arange(100, 120), vectors(20, seed=9))

    again = follow(start_server, tmp_path / "follower", writer)
    level(writer, again)

    assert again.search(data, 1).ravel().tolist() == list(range(100))
    assert again.count() == 120
    assert not list((tmp_path / "follower" / "aside").iterdir())


def test_a_follower_serves_while_its_writer_is_away_and_says_how_old_its_answers_are(
    start_server: StartServer, tmp_path: Path, writer: Faiss
) -> None:
    data = writer.fill(10)
    follower = start(
        start_server,
        tmp_path / "follower",
        role="follower",
        writer_url=writer.url,
        max_lag_seconds="1",
    )
    level(writer, follower)

    writer.kill()
    until(lambda: follower.http.get("/ready").status_code == 503, "a follower that is too old")

    assert "behind its writer" in follower.http.get("/ready").json()["failures"]["replication"]
    assert follower.http.get("/health").json()["status"] == "degraded"
    assert follower.search(data, 1).ravel().tolist() == list(range(10))


def test_a_follower_that_comes_late_takes_a_snapshot_over_and_an_index_that_was_built(
    start_server: StartServer, tmp_path: Path, writer: Faiss
) -> None:
    writer.fill(2000, index_type="IVF16,Flat")
    built = writer.until_built()
    for _ in range(3):  # until the log no longer begins with the first record
        writer.good("POST", "/snapshots")
        writer.kill()
        writer = start(start_server, tmp_path / "writer")
        writer.add(np.array([10_000 + position(writer)]), vectors(1))
    follower = follow(start_server, tmp_path / "follower", writer)
    level(writer, follower)

    assert follower.until_built()["factory"] == built["factory"]
    queries = vectors(20, seed=4)
    assert np.array_equal(follower.search(queries, 10), writer.search(queries, 10))


def test_a_rebuild_of_the_writer_reaches_its_followers(
    start_server: StartServer, tmp_path: Path, writer: Faiss
) -> None:
    writer.fill(600, index_type="IVF16,Flat")
    follower = follow(start_server, tmp_path / "follower", writer)
    level(writer, follower)
    writer.add(np.arange(600, 2000), vectors(1400, seed=2))

    writer.until_built()

    assert follower.until_built()["factory"] == "IVF16,Flat"
    assert follower.count() == writer.count() == 2000


def test_the_log_is_no_further_than_the_disk_and_refuses_a_stranger(writer: Faiss) -> None:
    writer.fill(3)

    assert "never held record 999" in reason_of(writer.call("GET", "/wal?after=999&epoch=5"), 410)
    started = time.monotonic()
    epoch = writer.good("GET", "/role")["epoch"]
    answer = writer.call("GET", f"/wal?after={position(writer)}&epoch={epoch}&wait=1")
    assert (answer.status_code, answer.content) == (200, b"")
    assert time.monotonic() - started >= 1
    assert "after is missing" in writer.refused(400, "GET", "/wal")
