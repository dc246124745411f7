"""More than one FAISS server: followers that read, and the role that is handed over."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from services.faiss_server.faiss_server.api import codec
from tests.services.faiss_client import BINARY, Faiss, reason_of, start, until, vectors
from tests.services.server_process import series

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer


def follow(start_server: StartServer, data: Path, writer: Faiss) -> Faiss:
    return start(start_server, data, role="follower", writer_url=writer.url)


def position(server: Faiss) -> int:
    return int(server.good("GET", "/role")["position"])


def level(writer: Faiss, follower: Faiss) -> None:
    """Wait until the follower holds all that the writer has."""
    until(lambda: position(follower) == position(writer), "a follower that is level")


@pytest.fixture
def writer(start_server: StartServer, tmp_path: Path) -> Faiss:
    return start(start_server, tmp_path / "writer")


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


def test_a_promotion_loses_no_acknowledged_write(
    start_server: StartServer, tmp_path: Path, writer: Faiss
) -> None:
    writer.create()
    follower = follow(start_server, tmp_path / "follower", writer)
    acknowledged: list[int] = []
    stop = threading.Event()

    def load() -> None:
        """Writes to whoever is the writer, as the gateway would, until the end."""
        targets, number = [writer.url, follower.url], 0
        with httpx.Client(trust_env=False, timeout=30) as client:
            while not stop.is_set():
                body = codec.pack(np.array([number]), vectors(1, seed=number))
                url = f"{targets[0]}/indexes/papers/vectors"
                answer = client.post(url, content=body, headers=BINARY)
                if answer.is_success:
                    acknowledged.append(number)
                    number += 1
                else:
                    assert answer.status_code in {421, 503}, answer.text
                    targets.reverse()

    thread = threading.Thread(target=load)
    thread.start()
    until(lambda: len(acknowledged) > 50, "some writes")
    before = len(acknowledged)
    promoted = follower.good("POST", "/promote", {"url": follower.url})
    until(lambda: len(acknowledged) > before + 50, "writes to the new writer")
    stop.set()
    thread.join()

    assert promoted["role"] == "writer"
    assert follower.count() == len(acknowledged)
    queries = np.concatenate([vectors(1, seed=number) for number in acknowledged])
    assert follower.search(queries, 1).ravel().tolist() == acknowledged
    # The old writer follows the new one.
    assert writer.good("GET", "/role")["role"] == "follower"
    level(follower, writer)
    assert writer.count() == len(acknowledged)


def test_a_handover_outlives_a_restart_until_the_setting_changes(
    start_server: StartServer, tmp_path: Path, writer: Faiss
) -> None:
    writer.fill(10)
    follower = follow(start_server, tmp_path / "follower", writer)
    follower.good("POST", "/promote", {"url": follower.url})
    writer.kill()
    follower.kill()

    new = follow(start_server, tmp_path / "follower", writer)
    old = start(start_server, tmp_path / "writer", ready=False)
    until(lambda: old.http.get("/health").is_success, "the old writer")

    assert new.good("GET", "/role")["role"] == "writer"
    assert old.good("GET", "/role")["role"] == "follower"


def test_a_promotion_without_the_old_writer_wants_to_be_forced(
    start_server: StartServer, tmp_path: Path, writer: Faiss
) -> None:
    data = writer.fill(10)
    follower = follow(start_server, tmp_path / "follower", writer)
    level(writer, follower)
    writer.kill()

    assert "force only when it is dead" in follower.refused(409, "POST", "/promote", {})
    assert follower.good("POST", "/promote", {"force": True})["role"] == "writer"
    assert follower.add(np.array([99]), data[:1]).is_success


def test_what_a_deposed_writer_alone_had_is_put_aside_and_it_follows(
    start_server: StartServer, tmp_path: Path, writer: Faiss
) -> None:
    data = writer.fill(10)
    follower = follow(start_server, tmp_path / "follower", writer)
    level(writer, follower)
    follower.kill()
    writer.add(np.array([500]), data[:1])  # acknowledged, and never sent
    writer.kill()
    follower = start(start_server, tmp_path / "follower", ready=False, role="follower")
    until(lambda: follower.http.get("/health").is_success, "the follower")
    follower.good("POST", "/promote", {"force": True})
    follower.add(np.array([600]), data[:1] + 9)
    follower.add(np.array([601]), data[:1] + 10)

    old = follow(start_server, tmp_path / "writer", follower)
    level(follower, old)

    assert old.search(data[:1] + 9, 1).tolist() == [[600]]
    assert old.count() == follower.count() == 12
    aside = [path.name for path in (tmp_path / "writer" / "aside").iterdir()]
    assert any(name.startswith("log-diverged") for name in aside)


def test_the_log_is_no_further_than_the_disk_and_refuses_a_stranger(writer: Faiss) -> None:
    writer.fill(3)

    assert "never held record 999" in reason_of(writer.call("GET", "/wal?after=999&epoch=5"), 410)
    started = time.monotonic()
    epoch = writer.good("GET", "/role")["epoch"]
    answer = writer.call("GET", f"/wal?after={position(writer)}&epoch={epoch}&wait=1")
    assert (answer.status_code, answer.content) == (200, b"")
    assert time.monotonic() - started >= 1
    assert "after is missing" in writer.refused(400, "GET", "/wal")
