"""The role of the writer goes from one FAISS server to another, and nothing is lost."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import httpx
import numpy as np

from services.faiss_server.faiss_server.api import codec
from tests.services.faiss_between import between
from tests.services.faiss_client import BINARY, Faiss, follow, level, start, until, vectors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services.conftest import StartServer


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


def test_what_was_asked_of_the_old_writer_is_not_served_after_the_promotion(
    start_server: StartServer, tmp_path: Path, writer: Faiss
) -> None:
    data = writer.fill(20)
    writer.good("POST", "/snapshots")
    with between(writer.url) as proxy:
        follower = follow(start_server, tmp_path / "follower", proxy)
        level(writer, follower)
        proxy.hold("/snapshots")
        proxy.gone = "/wal"
        until(lambda: bool(proxy.held), "a follower that takes a snapshot over")
        follower.good("POST", "/promote", {"url": follower.url})
        follower.add(np.arange(100, 110), data[:10])
        proxy.release()
        until(lambda: any("/files/" in path for path in proxy.passed), "the snapshot's files")
        until(lambda: not list(snapshots_of(tmp_path / "follower", begun=True)), "its end")

    assert follower.count() == 30
    assert list(snapshots_of(tmp_path / "follower", begun=False)) == []
    follower.kill()
    assert follow(start_server, tmp_path / "follower", writer).count() == 30


def test_a_writer_that_handed_over_waits_until_all_it_has_was_copied(
    start_server: StartServer, tmp_path: Path, writer: Faiss
) -> None:
    data = writer.fill(20)
    with between(writer.url) as proxy:
        follower = follow(start_server, tmp_path / "follower", proxy)
        level(writer, follower)
        follower.good("POST", "/snapshots")
        proxy.hold("/wal")
        until(lambda: bool(proxy.held), "a follower that is cut off")
        writer.add(np.arange(100, 110), data[:10])
        writer.good("POST", "/handover", {"writer": follower.url})
        until(
            lambda: "has yet to copy" in (writer.good("GET", "/role")["failure"] or ""),
            "an old writer that waits",
        )
        proxy.release()
        level(writer, follower)
        follower.good("POST", "/promote", {"url": follower.url})
        level(follower, writer)

    assert follower.count() == writer.count() == 30
    assert not list((tmp_path / "writer" / "aside").iterdir())


def snapshots_of(data: Path, *, begun: bool) -> Iterator[Path]:
    """Snapshots on the disk of a server: those that are ``begun`` only, or the whole ones."""
    for path in (data / "snapshots").iterdir():
        if path.name.startswith(".incomplete-") == begun:
            yield path
