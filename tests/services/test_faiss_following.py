"""A follower goes on after what may happen to it: a full disk, a writer that dies in mid-answer."""

from __future__ import annotations

import socket
import threading

import numpy as np
import pytest

from services.faiss_server.faiss_server.builder import Builder
from services.faiss_server.faiss_server.errors import NoRoom
from services.faiss_server.faiss_server.log import Log
from services.faiss_server.faiss_server.record import Drop
from services.faiss_server.faiss_server.remote import Remote, RemoteError
from tests.services.faiss_client import until
from tests.services.faiss_inside import COMMON, PAPERS, Inside, Servers, meanwhile, step


def stored(server: Inside) -> list[list[float]]:
    """The vectors of a server, in the order of its rows."""
    rows = server.store.catalogue.get(PAPERS).contents.rows
    found: list[list[float]] = rows.take(np.arange(rows.count)).tolist()
    return found


def test_what_a_full_disk_refused_does_not_take_the_place_of_what_comes_later(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = servers.writer("writer", COMMON)
    follower = servers.level_with(writer, "follower")

    def full(*_: object) -> int:
        raise NoRoom("the log cannot be written")

    writer.add(100)
    with monkeypatch.context() as disk:
        disk.setattr(Log, "append_copy", full)
        step(follower)
    writer.add(200, 300)
    step(follower)

    assert follower.ids == writer.ids
    assert stored(follower) == stored(writer)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX-Faiss-Position: 9\r\nContent-Length: 1000\r\n\r\nbegun",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<h1>",
    ],
    ids=["broken off", "not a FAISS server's"],
)
def test_an_answer_that_is_none_is_an_error_that_the_next_attempt_may_cure(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        remote = Remote(f"http://127.0.0.1:{server.getsockname()[1]}")

        with pytest.raises(RemoteError, match="no whole answer"):
            remote.log_after(1, 1, 0)
        thread.join()


def test_a_snapshot_is_taken_beside_one_whose_manifest_went_bad(servers: Servers) -> None:
    writer = servers.writer("writer", COMMON)
    older = writer.snapshotter.take().version
    (writer.store.snapshots.directory / older / "manifest.json").write_text("no manifest")

    newer = writer.snapshotter.take().version

    assert writer.store.snapshots.versions() == [newer, older]


def test_an_index_that_is_dropped_while_it_is_rebuilt_leaves_no_file(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = servers.writer("writer", COMMON)
    index = writer.store.catalogue.get(PAPERS)
    builder = Builder(writer.committer, lambda: writer.store.memory, lambda: None)
    meanwhile(monkeypatch, writer.committer, "call", lambda: writer.commit(Drop(PAPERS)))

    builder.start(index)
    until(lambda: index.rebuild.state == "failed", "the end of the rebuild")

    assert not list((writer.data / "live").rglob("*.rows"))
