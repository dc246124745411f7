"""Restoring: verified before it is served, and never a loss that nobody accepted."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.services.faiss_client import Faiss, reason_of, start, until, vectors
from tests.services.server_process import environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer

Backup = dict[str, bytes]


def back_up(server: Faiss) -> tuple[dict[str, Any], Backup]:
    """A manifest and the files that it lists, as a backup takes them."""
    manifest = server.good("POST", "/snapshots")
    root = f"/snapshots/{manifest['version']}/files"
    return manifest, {
        file["path"]: server.call("GET", f"{root}/{file['path']}").content
        for file in manifest["files"]
    }


def upload(server: Faiss, manifest: dict[str, Any], files: Backup) -> str:
    number = str(server.good("POST", "/restores", manifest)["restore"])
    for path, content in files.items():
        answer = server.http.put(f"/restores/{number}/files/{path}", content=content)
        assert answer.status_code == 204, answer.text
    return number


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path) -> Faiss:
    return start(start_server, tmp_path / "live")


def test_a_backup_comes_back_into_an_empty_server_and_stays(
    start_server: StartServer, tmp_path: Path, server: Faiss
) -> None:
    data = server.fill(2000, index_type="IVF16,Flat")
    server.until_built()
    manifest, files = back_up(server)
    other = start(start_server, tmp_path / "other")

    number = upload(other, manifest, files)
    other.good("POST", f"/restores/{number}/commit", {})

    queries = vectors(10, seed=3)
    assert np.array_equal(other.search(queries, 10), server.search(queries, 10))
    assert other.until_built()["factory"] == "IVF16,Flat"
    assert other.add(np.array([9000]), data[:1]).is_success
    other.kill()
    again = start(start_server, tmp_path / "other")
    assert again.count() == 2001


def test_a_restore_that_would_lose_vectors_is_refused_until_that_is_accepted(
    server: Faiss,
) -> None:
    server.fill(10)
    manifest, files = back_up(server)
    server.add(np.arange(10, 20), vectors(10, seed=1))
    number = upload(server, manifest, files)

    reason = server.refused(409, "POST", f"/restores/{number}/commit", {})

    assert "papers has 20 vectors here and 10 in the snapshot" in reason
    assert server.count() == 20
    server.good("POST", f"/restores/{number}/commit", {"accept_loss": True})
    assert server.count() == 10


@pytest.mark.parametrize("fault", ["flipped", "short", "missing"])
def test_a_backup_that_is_not_whole_changes_nothing(server: Faiss, fault: str) -> None:
    server.fill(10)
    manifest, files = back_up(server)
    path = "indexes/papers/rows.f32"
    content = files.pop(path)
    number = upload(server, manifest, files)
    target = f"/restores/{number}/files/{path}"
    if fault == "flipped":
        server.http.put(target, content=content[:-1] + bytes([content[-1] ^ 1]))
    if fault == "short":
        answer = server.http.put(target, content=content[:-1])
        assert "bytes, and the manifest says" in reason_of(answer, 400)

    reason = server.refused(400, "POST", f"/restores/{number}/commit", {"accept_loss": True})

    assert "rows.f32" in reason
    assert server.count() == 10
    assert server.good("GET", "/health")["status"] == "ok"


def test_a_changed_manifest_is_refused(server: Faiss) -> None:
    server.fill(10)
    manifest, _ = back_up(server)

    lie = {**manifest, "position": 999}

    assert "own checksum is wrong" in server.refused(400, "POST", "/restores", lie)
    assert "not a manifest" in server.refused(400, "POST", "/restores", {"format": 1})


def test_of_two_restores_at_once_the_second_is_refused_by_the_number_of_the_first(
    server: Faiss,
) -> None:
    server.fill(10)
    manifest, files = back_up(server)
    first = upload(server, manifest, files)

    assert f"restore {first} is running" in server.refused(409, "POST", "/restores", manifest)
    server.good("DELETE", f"/restores/{first}")
    second = upload(server, manifest, files)
    server.refused(404, "POST", f"/restores/{first}/commit", {})
    server.good("POST", f"/restores/{second}/commit", {"accept_loss": True})


def test_a_file_outside_the_manifest_is_nowhere(server: Faiss) -> None:
    server.fill(1)
    manifest, files = back_up(server)
    number = upload(server, manifest, files)

    for path in ("..%2F..%2Frole.json", "indexes/papers/extra.f32", "%2Fetc%2Fpasswd"):
        answer = server.http.put(f"/restores/{number}/files/{path}", content=b"x")
        assert "has no file" in reason_of(answer, 404)
    version = manifest["version"]
    for path in ("..%2F..%2Frole.json", "manifest.json"):
        reason_of(server.call("GET", f"/snapshots/{version}/files/{path}"), 404)


def test_a_server_with_a_damaged_log_is_cured_by_a_restore(
    start_server: StartServer, tmp_path: Path, server: Faiss
) -> None:
    data = server.fill(30)
    manifest, files = back_up(server)
    for added in range(100, 110):
        server.add(np.array([added]), data[:1])
    server.kill()
    shutil.rmtree(tmp_path / "live" / "snapshots")
    log = max((tmp_path / "live" / "log").glob("*.log"), key=lambda path: path.stat().st_size)
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 1
    log.write_bytes(content)
    broken = start(start_server, tmp_path / "live", ready=False)
    until(lambda: "restore a backup" in broken.http.get("/health").text, "a verdict on the log")

    number = upload(broken, manifest, files)
    broken.good("POST", f"/restores/{number}/commit", {})

    broken.until_ready()
    assert broken.search(data, 1).ravel().tolist() == list(range(30))
    assert broken.add(np.array([77]), data[:1]).status_code == 200
    names = [path.name for path in (tmp_path / "live" / "aside").iterdir()]
    assert any(name.startswith("log-damaged") for name in names)


def test_a_restore_reaches_the_followers(
    start_server: StartServer, tmp_path: Path, server: Faiss
) -> None:
    server.fill(10)
    manifest, files = back_up(server)
    server.add(np.arange(10, 20), vectors(10, seed=1))
    follower = start(start_server, tmp_path / "follower", role="follower", writer_url=server.url)
    until(lambda: follower.count() == 20, "the follower")

    number = upload(server, manifest, files)
    server.good("POST", f"/restores/{number}/commit", {"accept_loss": True})

    until(lambda: follower.count() == 10, "the follower after the restore")


def install(source: Path, data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "faiss_server", "install", str(source)],
        env=environment("faiss_server", {"FAISS_DATA_DIR": str(data)}, None),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_snapshot_is_installed_into_an_empty_volume_and_never_over_anything(
    start_server: StartServer, tmp_path: Path, server: Faiss
) -> None:
    data = server.fill(10)
    manifest, _ = back_up(server)
    source = tmp_path / "live" / "snapshots" / manifest["version"]
    empty = tmp_path / "empty"
    empty.mkdir()

    first, second = install(source, empty), install(source, empty)

    assert first.returncode == 0, first.stderr
    assert '{"papers": 10}' in first.stdout
    assert second.returncode == 1
    assert "holds indexes already: nothing was changed" in second.stderr
    other = start(start_server, empty)
    assert other.search(data, 1).ravel().tolist() == list(range(10))
