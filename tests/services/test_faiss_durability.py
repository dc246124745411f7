"""What was acknowledged survives; what is torn or damaged is never served."""

from __future__ import annotations

import json
import random
import threading
import time
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from services.faiss_server.faiss_server.api import codec
from services.faiss_server.faiss_server.record import Remove, frame
from tests.services.faiss_client import nearest, reason_of, start, until, vectors
from tests.services.server_process import series

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer
    from tests.services.faiss_client import Faiss

CYCLES = 20
LONG_CYCLES = 200


def segments(data: Path) -> list[Path]:
    return sorted(path for path in (data / "log").glob("*.log") if path.stat().st_size)


def flip(path: Path, offset: int) -> None:
    """Turn one byte of a file over; a negative offset counts from its end."""
    content = bytearray(path.read_bytes())
    content[offset] ^= 0xFF
    path.write_bytes(content)


class Load:
    """Adds, removes and replaces from one thread, and remembers what was acknowledged.

    What was asked for and never acknowledged may be there or not: it is ``unsure``.
    """

    def __init__(self, server: Faiss, state: dict[int, int], seed: int) -> None:
        self.state = state
        self.unsure: dict[int, int | None] = {}
        self._server, self._random = server, random.Random(seed)  # noqa: S311 - no secret
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        while True:
            ids = self._random.sample(range(2000), self._random.randint(1, 50))
            version = self._random.randint(1, 1_000_000)
            wanted: dict[int, int | None] = dict.fromkeys(
                ids, None if self._random.random() < 0.3 else version
            )
            try:
                answer = self._ask(ids, version if None not in wanted.values() else None)
            except httpx.HTTPError:
                self.unsure = wanted
                return
            assert answer.is_success, answer.text
            for number, value in wanted.items():
                if value is None:
                    self.state.pop(number, None)
                else:
                    self.state[number] = value

    def _ask(self, ids: list[int], version: int | None) -> httpx.Response:
        if version is None:
            return self._server.call("POST", "/indexes/papers/remove", {"ids": ids})
        body = codec.pack(np.array(ids), mark(ids, version))
        return self._server.call("POST", "/indexes/papers/vectors?replace=true", content=body)


def mark(ids: list[int], version: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """A vector that says which id and which version it belongs to."""
    return np.array([[number, version % 1000, version // 1000, 0] for number in ids], np.float32)


def check(server: Faiss, load: Load) -> None:
    """Every acknowledged vector is there as it was last, and nothing is there that was not."""
    unsure = set(load.unsure)
    sure = {number: version for number, version in load.state.items() if number not in unsure}
    count = server.count()
    assert len(sure) <= count <= len(sure) + len(unsure)
    if not sure:
        return
    queries = np.concatenate([mark([number], version) for number, version in sure.items()])
    answer = server.call("POST", "/indexes/papers/search?k=1", content=codec.pack(None, queries))
    distances, ids = codec.unpack_found(answer.content)
    assert ids.ravel().tolist() == list(sure)
    assert not distances.any(), "a vector is not the one that was acknowledged"
    for number in unsure:
        version = load.unsure[number]
        asked = server.call("POST", "/indexes/papers/remove", {"ids": [number]}).json()
        load.state.pop(number, None)
        assert asked["removed"] in {0, 1}, version


def kill_again_and_again(start_server: StartServer, data: Path, cycles: int) -> None:
    chance = random.Random(cycles)  # noqa: S311 - no secret
    state: dict[int, int] = {}
    server = start(start_server, data)
    server.create(dimension=4, index_type="Flat")
    for cycle in range(cycles):
        load = Load(server, state, seed=cycle)
        time.sleep(chance.uniform(0.01, 0.4))
        if cycle % 3 == 0:
            threading.Thread(target=snapshot_that_may_fail, args=(server,)).start()
            time.sleep(chance.uniform(0, 0.03))
        server.kill()
        load.join()
        server = start(start_server, data)
        check(server, load)
    server.kill()


def snapshot_that_may_fail(server: Faiss) -> None:
    try:
        httpx.post(f"{server.url}/snapshots", trust_env=False, timeout=5)
    except httpx.HTTPError:
        return


def test_nothing_acknowledged_is_lost_however_often_it_is_killed(
    start_server: StartServer, tmp_path: Path
) -> None:
    kill_again_and_again(start_server, tmp_path, CYCLES)


@pytest.mark.long
def test_nothing_acknowledged_is_lost_in_two_hundred_kills(
    start_server: StartServer, tmp_path: Path
) -> None:
    kill_again_and_again(start_server, tmp_path, LONG_CYCLES)


def test_many_callers_share_an_fsync_and_none_is_forgotten(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    server.create()
    data = vectors(400)

    def caller(first: int) -> None:
        with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
            for number in range(first, first + 50):
                body = codec.pack(np.array([number]), data[number : number + 1])
                headers = {"content-type": codec.BINARY}
                client.post("/indexes/papers/vectors", content=body, headers=headers)

    threads = [threading.Thread(target=caller, args=(first,)) for first in range(0, 400, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.kill()

    again = start(start_server, tmp_path)
    assert again.search(data, 1).ravel().tolist() == list(range(400))


# The log


def test_a_write_that_was_torn_is_cut_off_and_kept_aside(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    data = server.fill(50)
    server.kill()
    last = segments(tmp_path)[-1]
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
    log = segments(tmp_path)[0]
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
    log = segments(tmp_path)[-1]
    flip(log, -60)

    again = start(start_server, tmp_path, ready=False)

    until(lambda: "was acknowledged" in again.http.get("/health").text, "a verdict on the log")


# Snapshots


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
