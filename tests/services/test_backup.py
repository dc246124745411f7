"""Backups of a running server in a real S3 server, and back."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import pytest

from tests.services.backup_tool import Backup
from tests.services.faiss_client import Faiss, start, until, vectors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services.conftest import StartServer
    from tests.services.s3_server import S3


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path) -> Faiss:
    return start(start_server, tmp_path / "live")


@pytest.fixture
def tool(s3: S3) -> Backup:
    bucket = f"backups-{uuid4().hex[:12]}"
    s3.client().create_bucket(Bucket=bucket)
    return Backup(s3, bucket)


@pytest.fixture
def pushed() -> Iterator[tuple[str, dict[str, str]]]:
    """A Pushgateway's address, and what was put there by path."""
    found: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            found[self.path] = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    listener = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listener.server_port}", found
    listener.shutdown()
    listener.server_close()


def test_a_backup_under_writes_restores_into_an_empty_server(
    tool: Backup, server: Faiss, start_server: StartServer, tmp_path: Path
) -> None:
    data = server.fill(2000)
    server.fill(3000, dimension=16, name="built", index_type="IVF16,Flat")
    server.until_built("built")
    stop = threading.Event()

    def write() -> None:
        number = 10_000
        while not stop.is_set():
            server.add(np.array([number]), vectors(1, seed=number))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    until(lambda: server.count() > 2000, "the first write")
    try:
        name = tool.of(server).create()
    finally:
        stop.set()
        writer.join()

    empty = start(start_server, tmp_path / "empty")
    assert name in tool.of(empty).good("restore")

    assert tool.names() == [name]
    assert "is good" in tool.good("verify")
    assert 2000 < empty.count() <= server.count()
    assert empty.search(data, 1).ravel().tolist() == list(range(2000))
    assert empty.count("built") == 3000


def test_large_objects_go_up_in_parts_and_come_back_whole(
    tool: Backup, server: Faiss, start_server: StartServer, tmp_path: Path
) -> None:
    data = server.fill(11_000, dimension=768)
    name = tool.of(server).create()
    key = f"ai/{name}/files/indexes/papers/rows.f32"
    tag = tool.s3.client().head_object(Bucket=tool.bucket, Key=key)["ETag"]

    empty = start(start_server, tmp_path / "empty")
    tool.of(empty).good("restore", name)

    assert tag.strip('"').endswith("-3"), "three parts of at most 16 MiB"
    assert empty.search(data[-5:], 1).ravel().tolist() == list(range(10_995, 11_000))


def test_a_drill_restores_the_latest_compares_and_tells_the_pushgateway(
    tool: Backup, server: Faiss, pushed: tuple[str, dict[str, str]]
) -> None:
    address, found = pushed
    server.fill(500)
    server.good("POST", "/indexes/papers/remove", {"ids": list(range(0, 500, 7))})
    told = tool.of(server).with_(PUSHGATEWAY_URL=address)
    name = told.create()

    said = told.good("drill")

    assert "papers: 80 of 80 neighbours found again" in said
    assert f"verified by a restore: {name}" in said
    backup = found["/metrics/job/faiss-backup"].splitlines()
    drill = found["/metrics/job/faiss-drill"].splitlines()
    assert backup[0] == "# TYPE faiss_backup_last_success_timestamp_seconds gauge"
    assert drill[0] == "# TYPE faiss_backup_last_verified_restore_timestamp_seconds gauge"
    assert 0 <= float(drill[1].split()[1]) - float(backup[1].split()[1]) < 120


def test_a_backup_stays_good_when_nobody_hears_of_it(tool: Backup, server: Faiss) -> None:
    server.fill(5)

    done = tool.of(server).with_(PUSHGATEWAY_URL="http://127.0.0.1:1").run("create")

    assert done.returncode == 0
    assert "done, but nobody was told" in done.stderr
    assert len(tool.names()) == 1


def test_a_worse_backup_is_refused_until_the_loss_is_accepted(tool: Backup, server: Faiss) -> None:
    server.fill(10)
    name = tool.of(server).create()
    server.add(np.arange(10, 20), vectors(10, seed=1))

    said = tool.of(server).refused("restore", name)

    assert "nothing was changed" in said
    assert "papers has 20 vectors here and 10 in the snapshot" in said
    assert server.count() == 20
    tool.of(server).good("restore", name, "--accept-loss")
    assert server.count() == 10


def test_a_refused_restore_leaves_the_way_free_for_the_next(tool: Backup, server: Faiss) -> None:
    server.fill(10)
    tool.of(server).create()
    server.add(np.arange(10, 20), vectors(10, seed=1))

    tool.of(server).refused("restore")

    tool.of(server).good("restore", "--accept-loss")


def test_of_two_restores_at_once_one_is_refused_and_the_other_is_whole(
    tool: Backup, server: Faiss, start_server: StartServer, tmp_path: Path
) -> None:
    data = server.fill(10)
    tool.of(server).create()
    empty = start(start_server, tmp_path / "empty")
    manifest = server.good("POST", "/snapshots")
    running = empty.good("POST", "/restores", manifest)["restore"]

    said = tool.of(empty).refused("restore")

    assert f"restore {running} is running" in said
    empty.good("DELETE", f"/restores/{running}")
    tool.of(empty).good("restore")
    assert empty.search(data, 1).ravel().tolist() == list(range(10))


def test_the_newest_backups_are_kept_and_older_ones_of_the_same_day_are_not(
    tool: Backup, server: Faiss
) -> None:
    server.fill(5)
    few = tool.of(server).with_(BACKUP_KEEP_LAST="2", BACKUP_KEEP_DAILY="0", BACKUP_KEEP_WEEKLY="0")

    made = [few.create() for _ in range(3)]

    assert made == sorted(made)
    assert tool.names() == made[1:]
    assert not list((tool.s3.folder / tool.bucket / "ai").glob(f"{made[0]}/**/*.f32"))
