"""An empty volume gets the latest good backup before its server starts; any other is left alone."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from services.faiss_server.faiss_server.backup.names import file_key
from tests.services.backup_tool import Backup
from tests.services.faiss_client import Faiss, start, vectors

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer
    from tests.services.s3_server import S3


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path) -> Faiss:
    return start(start_server, tmp_path / "live")


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """An empty one, as a file system makes it."""
    found = tmp_path / "volume"
    (found / "lost+found").mkdir(parents=True)
    return found


@pytest.fixture
def tool(s3: S3, volume: Path) -> Backup:
    bucket = f"install-{uuid4().hex[:12]}"
    s3.client().create_bucket(Bucket=bucket)
    return Backup(s3, bucket).with_(FAISS_DATA_DIR=str(volume))


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_an_empty_volume_is_filled_and_its_server_finds_everything(
    tool: Backup, server: Faiss, volume: Path, start_server: StartServer
) -> None:
    server.fill(2000, index_type="IVF16,Flat")
    server.until_built()
    tool.of(server).create()
    server.fill(100, name="more")
    latest = tool.of(server).create()

    assert tool.good("install").startswith(f"installed {latest}")

    other = start(start_server, volume)
    assert (other.count("papers"), other.count("more")) == (2000, 100)
    queries = vectors(10, seed=3)
    assert (other.search(queries, 10) == server.search(queries, 10)).all()
    assert other.until_built()["factory"] == "IVF16,Flat"


def test_a_volume_that_holds_anything_is_left_as_it_is(
    tool: Backup, server: Faiss, volume: Path, start_server: StartServer
) -> None:
    server.fill(50)
    tool.of(server).create()
    other = start(start_server, volume)
    other.fill(3)
    other.process.process.terminate()
    other.process.process.wait(30)
    before = content(volume)

    said = tool.good("install")

    assert "holds indexes already: nothing was changed" in said
    assert content(volume) == before


def test_a_volume_with_nothing_but_a_bad_snapshot_is_left_to_people(
    tool: Backup, server: Faiss, volume: Path
) -> None:
    server.fill(50)
    tool.of(server).create()
    (volume / "aside" / "00000001-00000000000000000001-dead").mkdir(parents=True)

    assert "nothing was changed" in tool.good("install")


def test_the_first_deployment_starts_without_a_backup(tool: Backup, volume: Path) -> None:
    assert "there is no backup yet" in tool.good("install")
    assert [path.name for path in volume.iterdir()] == ["lost+found"]


def test_a_damaged_backup_is_named_and_the_one_before_it_is_taken(
    tool: Backup, server: Faiss, volume: Path, start_server: StartServer
) -> None:
    server.fill(50)
    good = tool.of(server).create()
    server.fill(70, name="more")
    bad = tool.of(server).create()
    flip(tool, bad, "indexes/more/rows.f32")

    done = tool.run("install")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"installed {good}")
    assert f"{bad} is left out" in done.stderr
    assert "indexes/more/rows.f32 is wrong" in done.stderr
    assert start(start_server, volume).count() == 50


def test_when_every_backup_is_damaged_no_server_starts_on_an_empty_volume(
    tool: Backup, server: Faiss, volume: Path
) -> None:
    server.fill(50)
    flip(tool, tool.of(server).create(), "indexes/papers/ids.i64")

    done = tool.run("install")

    assert done.returncode == 1
    assert "all 1 backups are damaged" in done.stderr
    assert not [path for path in (volume / "snapshots").iterdir() if path.name[0] != "."]


def size(path: Path) -> int:
    """Bytes of a file, none where there is no file any more."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def is_killed_half_way(tool: Backup, rows: Path, whole: int) -> bool:
    """Kill a run as soon as ``rows`` has a mebibyte; False when it was quicker than we are."""
    process = tool.start("install")
    while process.poll() is None and size(rows) <= 2**20:
        time.sleep(0.001)
    process.kill()
    process.communicate()
    return 0 < size(rows) < whole


def test_a_run_that_is_killed_half_way_leaves_nothing_that_counts(
    tool: Backup, server: Faiss, volume: Path, start_server: StartServer
) -> None:
    server.fill(11_000, dimension=768)
    tool.of(server).create()
    rows = volume / "snapshots" / ".incomplete-restore" / "indexes" / "papers" / "rows.f32"
    for _ in range(5):
        if is_killed_half_way(tool, rows, 11_000 * 768 * 4):
            break
        shutil.rmtree(volume / "snapshots")
    else:
        pytest.fail("it was never caught in the middle")

    assert tool.good("install").startswith("installed ")

    assert not list((volume / "snapshots").glob(".incomplete-*"))
    assert start(start_server, volume).count() == 11_000


def test_of_two_runs_at_once_one_is_refused(tool: Backup, server: Faiss, volume: Path) -> None:
    server.fill(11_000, dimension=768)
    tool.of(server).create()

    runs = [tool.start("install") for _ in range(2)]
    said = [process.communicate(timeout=120) for process in runs]

    assert sum("installed " in out for out, _ in said) == 1
    (other,) = (out + err for out, err in said if "installed " not in out)
    assert "nothing was changed" in other
    assert len([each for each in (volume / "snapshots").iterdir() if each.name[0] != "."]) == 1


def flip(tool: Backup, name: str, path: str) -> None:
    """Change a bit of an object where the S3 server keeps it."""
    file = tool.s3.folder / tool.bucket / file_key("ai", name, path)
    changed = bytearray(file.read_bytes())
    changed[len(changed) // 2] ^= 1
    file.write_bytes(changed)
