"""Snapshots: bad ones are put aside, good ones are of one moment."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from services.faiss_server.faiss_server.api import codec
from tests.services.faiss_client import nearest, start, until, vectors
from tests.services.server_process import series

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer
    from tests.services.faiss_client import Faiss


def segments(data: Path) -> list[Path]:
    return sorted(path for path in (data / "log").glob("*.log") if path.stat().st_size)


def flip(path: Path, offset: int) -> None:
    """Turn one byte of a file over; a negative offset counts from its end."""
    content = bytearray(path.read_bytes())
    content[offset] ^= 0xFF
    path.write_bytes(content)


def three_states(server: Faiss) -> list[str]:
    """A snapshot with 10 vectors, one with 20, and 30 in the end; answers the versions."""
    server.create()
    versions = []
    for low in (0, 10, 20):
        server.add(np.arange(low, low + 10), vectors(30)[low : low + 10])
        if low < 20:
            versions.append(server.good("POST", "/snapshots")["version"])
    return versions


@pytest.mark.parametrize("file", ["rows.f32", "ids.i64", "alive.u8", "manifest.json"])
@pytest.mark.parametrize("fault", ["flipped", "short", "gone"])
def test_a_bad_snapshot_is_put_aside_and_the_one_before_and_the_log_serve(
    start_server: StartServer, tmp_path: Path, file: str, fault: str
) -> None:
    server = start(start_server, tmp_path)
    _, newest = three_states(server)
    server.kill()
    root = tmp_path / "snapshots" / newest
    path = root / file if file == "manifest.json" else root / "indexes" / "papers" / file
    if fault == "flipped":
        flip(path, path.stat().st_size // 2)
    elif fault == "short":
        path.write_bytes(path.read_bytes()[:-2])
    else:
        path.unlink()

    again = start(start_server, tmp_path)

    assert again.search(vectors(30), 1).ravel().tolist() == list(range(30))
    health = again.good("GET", "/health")
    assert health["status"] == "degraded"
    assert file in health["warnings"][f"snapshot {newest}"]
    assert again.process.metrics()[series("faiss_checksum_failures_total")] == 1
    assert not root.exists()
    assert [one.name[: len(newest)] for one in (tmp_path / "aside").iterdir()] == [newest]


def test_a_number_changed_in_a_manifest_is_noticed(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    _, newest = three_states(server)
    server.kill()
    path = tmp_path / "snapshots" / newest / "manifest.json"
    tree = json.loads(path.read_text())
    path.write_text(json.dumps({**tree, "position": tree["position"] + 1}))

    again = start(start_server, tmp_path)

    assert again.count() == 30
    assert "own checksum is wrong" in again.good("GET", "/health")["warnings"][f"snapshot {newest}"]


def test_a_snapshot_that_was_begun_and_not_finished_does_not_exist(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    three_states(server)
    server.kill()
    begun = tmp_path / "snapshots" / ".incomplete-00000009-00000000000000000099"
    (begun / "indexes").mkdir(parents=True)

    again = start(start_server, tmp_path)

    assert again.count() == 30
    assert not begun.exists()
    assert again.good("GET", "/health")["status"] == "ok"


def test_a_snapshot_is_of_one_moment_while_changes_go_on(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    server.fill(3000, dimension=64)
    stop = threading.Event()

    def add_one_by_one() -> None:
        with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
            number = 3000
            while not stop.is_set():
                body = codec.pack(np.array([number]), vectors(1, 64))
                headers = {"content-type": codec.BINARY}
                client.post("/indexes/papers/vectors", content=body, headers=headers)
                number += 1

    thread = threading.Thread(target=add_one_by_one)
    thread.start()
    manifests = [server.good("POST", "/snapshots") for _ in range(3)]

    def has_grown() -> bool:
        manifests.append(server.good("POST", "/snapshots"))
        return bool(manifests[-1]["position"] > manifests[0]["position"])

    until(has_grown, "a change between two snapshots")
    stop.set()
    thread.join()

    for manifest in manifests:
        (entry,) = manifest["indexes"]
        raw = server.call("GET", f"/snapshots/{manifest['version']}/files/indexes/papers/ids.i64")
        ids = np.frombuffer(raw.content, "<i8")
        assert ids.tolist() == list(range(entry["vectors"]))
        before = manifests[0]["indexes"][0]["vectors"] - manifests[0]["position"]
        assert entry["vectors"] - manifest["position"] == before


def test_the_log_before_two_snapshots_is_removed_and_nothing_is_lost(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    data = server.fill(100)
    for _ in range(2):
        server.good("POST", "/snapshots")
        server.kill()
        server = start(start_server, tmp_path)
    server.good("POST", "/snapshots")

    assert int(segments(tmp_path)[0].stem if segments(tmp_path) else 99) > 1
    server.kill()
    again = start(start_server, tmp_path)
    assert again.search(data, 1).ravel().tolist() == list(range(100))


def test_a_built_index_is_kept_by_a_snapshot_and_answers_the_same_after_a_kill(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    data = server.fill(3000, index_type="IVF16,Flat")
    before = server.until_built()
    until(lambda: bool(server.good("GET", "/snapshots")["snapshots"]), "a snapshot of the build")
    queries = vectors(20, seed=5)
    answers = server.search(queries, 10, nprobe=16)
    server.kill()

    again = start(start_server, tmp_path)

    assert again.good("GET", "/indexes/papers")["factory"] == before["factory"]
    assert np.array_equal(again.search(queries, 10, nprobe=16), answers)
    assert np.array_equal(answers, nearest(data, queries, 10))
