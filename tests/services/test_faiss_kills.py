"""Killed again and again under load: nothing acknowledged is lost, nothing torn is served."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from services.faiss_server.faiss_server.api import codec
from tests.services.faiss_client import start, vectors

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer
    from tests.services.faiss_client import Faiss

CYCLES = 20
LONG_CYCLES = 200


class Load:
    """Adds, removes and replaces from one thread, and remembers what was acknowledged.

    What was asked for and never acknowledged may be there or not: it is ``unsure``.
    """

    def __init__(self, server: Faiss, state: dict[int, int], seed: int) -> None:
        self.state = state
        self.unsure: dict[int, int | None] = {}
        self.acknowledged = 0
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
            self.acknowledged += 1
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
    acknowledged = 0
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
        acknowledged += load.acknowledged
    server.kill()
    assert acknowledged > cycles, "hardly anything was at stake"


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
