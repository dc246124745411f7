"""What the server makes of a log that is torn, and of one that is damaged."""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from services.faiss_server.faiss_server import log as log_module
from services.faiss_server.faiss_server import segments
from services.faiss_server.faiss_server.errors import Busy
from services.faiss_server.faiss_server.log import Log
from services.faiss_server.faiss_server.record import NewEpoch, Remove, frame
from tests.services.faiss_client import reason_of, start, until, vectors
from tests.services.faiss_inside import Inside, after_a_kill
from tests.services.server_process import series

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer


def segments_of(data: Path) -> list[Path]:
    return sorted(path for path in (data / "log").glob("*.log") if path.stat().st_size)


def flip(path: Path, offset: int) -> None:
    """Turn one byte of a file over; a negative offset counts from its end."""
    content = bytearray(path.read_bytes())
    content[offset] ^= 0xFF
    path.write_bytes(content)


def test_a_write_that_was_torn_is_cut_off_and_kept_aside(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    data = server.fill(50)
    server.kill()
    last = segments_of(tmp_path)[-1]
    whole = last.stat().st_size
    torn = frame([Remove("papers", np.arange(50))], first=4, epoch=1, durable=3)[:100]
    with last.open("ab") as file:
        file.write(torn)

    again = start(start_server, tmp_path)

    assert again.search(data, 1).ravel().tolist() == list(range(50))
    assert last.stat().st_size == whole
    assert [path.stat().st_size for path in (tmp_path / "aside").glob("*.torn")] == [100]
    assert again.process.metrics()[series("faiss_wal_torn_bytes_total")] == 100
    assert again.add(np.array([99]), data[:1]).is_success


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_bad_record_in_the_middle_is_named_and_nothing_is_served(
    start_server: StartServer, tmp_path: Path, place: float
) -> None:
    server = start(start_server, tmp_path)
    server.create()
    for number in range(20):
        server.add(np.array([number]), vectors(1))
    server.kill()
    log = segments_of(tmp_path)[0]
    flip(log, int(log.stat().st_size * place))
    before = log.read_bytes()

    again = start(start_server, tmp_path, ready=False)
    until(lambda: "log" in again.http.get("/health").text, "a verdict on the log")

    health = again.http.get("/health")
    assert health.status_code == httpx.codes.SERVICE_UNAVAILABLE
    reason = health.json()["failures"]["indexes"]
    assert f"{log}, byte " in reason
    assert "was acknowledged" in reason
    assert "restore a backup" in reason
    reason_of(again.call("POST", "/indexes/papers/search", {"vectors": [[1.0] * 8]}), 503)
    metrics = again.process.metrics()
    assert metrics[series("faiss_log_damaged")] == 1
    assert metrics[series("faiss_checksum_failures_total")] == 1
    assert log.read_bytes() == before


def test_damage_to_the_last_record_is_no_torn_write_once_the_server_had_a_quiet_moment(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    server.fill(20)
    server.process.terminate()
    assert server.process.wait() == 0
    log = segments_of(tmp_path)[-1]
    flip(log, -60)

    again = start(start_server, tmp_path, ready=False)

    until(lambda: "was acknowledged" in again.http.get("/health").text, "a verdict on the log")


def test_a_log_that_syncs_now_and_then_goes_on_to_after_a_new_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(tmp_path, 0, interval=0.001)
    true_sync, true_path = os.fdatasync, segments.path_of

    def slow_sync(handle: int) -> None:
        time.sleep(0.1)  # so that the other thread sees that there is something to sync
        true_sync(handle)

    def slow_path(directory: Path, first: int) -> Path:
        time.sleep(0.1)  # so that the other thread finds the old file closed
        return true_path(directory, first)

    with monkeypatch.context() as slow:
        slow.setattr(log_module, "SEGMENT_BYTES", 1)
        slow.setattr(os, "fdatasync", slow_sync)
        slow.setattr(segments, "path_of", slow_path)
        for _ in range(4):
            log.append([NewEpoch()], 1)
    log.append([NewEpoch()], 1)

    assert log.wait_beyond(4, 5)
    assert log.failure is None
    log.close()


def broken(_handle: int) -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_a_start_after_a_failed_sync_writes_again_what_only_the_kernel_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Inside(tmp_path)
    server.create()
    with monkeypatch.context() as disk:
        disk.setattr(os, "fdatasync", broken)
        with pytest.raises(Busy):
            server.add(1)
    (doubtful,) = segments_of(tmp_path)
    inode, content = doubtful.stat().st_ino, doubtful.read_bytes()
    server.close()
    synced: list[int] = []
    true = os.fsync

    def sync(handle: int) -> None:
        true(handle)
        synced.append(os.fstat(handle).st_ino)

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", sync)
        again = Inside(tmp_path)

    assert doubtful.read_bytes() == content
    assert doubtful.stat().st_ino != inode
    assert doubtful.stat().st_ino in synced
    assert again.ids == [1]
    again.close()
    inode = doubtful.stat().st_ino
    Inside(tmp_path).close()
    assert doubtful.stat().st_ino == inode, "once is enough"


def test_a_snapshot_does_not_claim_the_record_that_the_disk_failed_to_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Inside(tmp_path / "server")
    server.create()
    server.add(1)
    before = server.position
    with monkeypatch.context() as disk:
        disk.setattr(os, "fdatasync", broken)
        with pytest.raises(Busy, match="no change is taken"):
            server.add(2)

    assert server.snapshotter.take().position == before
    # What is in the log all the same is there after a start, here and where the log is copied.
    assert after_a_kill(tmp_path / "server", tmp_path / "killed") == [1, 2]
    server.close()
