"""Ceilings, full disks, full queues, certificates: refused in time, and never a death."""

from __future__ import annotations

import resource
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from services.faiss_server.faiss_server.api import codec
from tests.services.faiss_client import BINARY, Faiss, reason_of, start, until, vectors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services.conftest import StartServer

HELD_SEARCH = """
import faiss, os, time
real = faiss.knn
def knn(*args, **kwargs):
    while not os.path.exists({release!r}):
        time.sleep(0.01)
    return real(*args, **kwargs)
faiss.knn = knn
"""


# Memory


def test_the_memory_ceiling_is_a_507_and_the_server_goes_on(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path, cache_size="2MB")
    server.create(dimension=128, index_type="Flat")
    data = vectors(6000, 128)

    answers = [
        server.add(np.arange(low, low + 1000), data[low : low + 1000])
        for low in range(0, 6000, 1000)
    ]

    taken = [answer.status_code for answer in answers].count(200)
    assert [answer.status_code for answer in answers] == [200] * taken + [507] * (6 - taken)
    assert 1 <= taken <= 3, "2 MB hold 3,500 vectors of 512 bytes and their ids"
    assert "FAISS_CACHE_SIZE allows 2000000" in answers[-1].json()["error"]
    assert server.search(data[:10], 1).ravel().tolist() == list(range(10))
    server.good("DELETE", "/indexes/papers")
    server.fill(1000, dimension=128, name="other", index_type="Flat")


def test_a_lower_ceiling_after_a_restart_serves_what_is_there_and_takes_nothing_in(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    data = server.fill(3000, dimension=128, index_type="Flat")
    server.kill()

    again = start(start_server, tmp_path, cache_size="1MB")

    assert again.search(data[:5], 1).ravel().tolist() == list(range(5))
    assert reason_of(again.add(np.array([9999]), data[:1]), 507)
    assert "exceed FAISS_CACHE_SIZE" in again.good("GET", "/health")["warnings"]["memory"]
    assert again.good("POST", "/indexes/papers/remove", {"ids": [1]})["removed"] == 1


# Disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted: it takes root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_a_507_loses_nothing_and_ends_when_there_is_room(
    start_server: StartServer, small_disk: Path
) -> None:
    server = start(start_server, small_disk)
    server.create(dimension=128, index_type="Flat")
    data = vectors(20_000, 128)
    kept = 0
    while (answer := server.add(np.arange(kept, kept + 500), data[kept : kept + 500])).is_success:
        kept += 500
    assert "disk takes no more" in reason_of(answer, 507) or "log cannot" in answer.text
    assert kept >= 500
    assert server.refused(507, "POST", "/snapshots")

    assert server.search(data[:kept:50], 1).ravel().tolist() == list(range(0, kept, 50))
    server.kill()
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    again = start(start_server, small_disk)
    assert again.count() == kept
    assert again.search(data[:kept:50], 1).ravel().tolist() == list(range(0, kept, 50))
    assert again.add(np.array([99_999]), data[:1]).is_success


def test_a_limit_on_the_size_of_files_is_a_507_too(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    data = server.fill(500, dimension=128)
    limit = 2**20
    resource.prlimit(server.process.process.pid, resource.RLIMIT_FSIZE, (limit, limit))

    answers = [
        server.add(np.arange(low, low + 500), vectors(500, 128)) for low in range(500, 5000, 500)
    ]

    assert answers[-1].status_code == 507
    assert server.search(data[:5], 1).ravel().tolist() == list(range(5))
    assert server.process.process.poll() is None


# Queues


def test_a_full_queue_is_a_503_that_says_when_to_come_again(
    start_server: StartServer, tmp_path: Path
) -> None:
    release = tmp_path / "release"
    (tmp_path / "sitecustomize.py").write_text(HELD_SEARCH.format(release=str(release)))
    data = tmp_path / "data"
    data.mkdir()
    process = start_server(
        "faiss_server",
        {"FAISS_DATA_DIR": str(data), "FAISS_QUEUE_LENGTH": "3", "FAISS_NUM_WORKERS": "1"},
        shims=tmp_path,
    )
    client = httpx.Client(base_url=f"http://127.0.0.1:{process.port}", trust_env=False, timeout=30)
    server = Faiss(process, client).until_ready()
    stored = server.fill(10)
    body = codec.pack(None, stored[:1])

    def search(_: int) -> httpx.Response:
        url = f"{server.url}/indexes/papers/search?k=1"
        return httpx.post(url, content=body, headers=BINARY, trust_env=False, timeout=30)

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(search, number) for number in range(8)]
        until(lambda: sum(each.done() for each in asked) == 5, "what is refused")
        release.touch()
        answers = [each.result() for each in asked]

    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] * 3 + [503] * 5
    busy = next(answer for answer in answers if answer.status_code == 503)
    assert busy.headers["retry-after"] == "1"
    assert "queue of search" in busy.json()["error"]
    assert search(0).is_success


# Time


def test_steps_of_the_clock_change_no_decision(start_server: StartServer, tmp_path: Path) -> None:
    """The wall clock goes back ten years between two snapshots, and forward again."""
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / "sitecustomize.py").write_text(
        "import time, os\n"
        "real = time.time\n"
        "time.time = lambda: real() + float(os.environ['CLOCK_STEP'])\n"
        "import datetime as module\n"
        "class Shifted(module.datetime):\n"
        "    @classmethod\n"
        "    def now(cls, tz=None):\n"
        "        return cls.fromtimestamp(time.time(), tz)\n"
        "module.datetime = Shifted\n"
    )
    data = tmp_path / "data"
    data.mkdir()
    versions: list[str] = []
    for step, count in ((0, 10), (-315_360_000, 20), (315_360_000, 30)):
        variables = {"FAISS_DATA_DIR": str(data), "CLOCK_STEP": str(step)}
        process = start_server("faiss_server", variables, shims=shims)
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{process.port}", trust_env=False, timeout=30
        )
        server = Faiss(process, client).until_ready()
        server.create()
        assert server.add(np.arange(count - 10, count), vectors(30)[count - 10 : count]).is_success
        versions.append(server.good("POST", "/snapshots")["version"])
        ages = process.get("/metrics").text
        assert "faiss_snapshot_age_seconds -" not in ages
        server.kill()

    again = start(start_server, data)

    assert versions == sorted(versions)
    assert again.count() == 30
    assert again.good("GET", "/snapshots")["snapshots"][0]["version"] == versions[2]
