"""A FAISS server as a process, and a client that speaks both forms of its API."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import httpx
import numpy as np

from services.faiss_server.faiss_server.api import codec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from services.faiss_server.faiss_server.arrays import Floats, Ids
    from tests.services.conftest import StartServer
    from tests.services.server_process import ServerProcess

PACKAGE = "faiss_server"
BINARY = {"content-type": codec.BINARY}
PATIENCE_SECONDS = 30.0


def vectors(count: int, dimension: int = 8, seed: int = 0) -> Floats:
    """Made-up vectors, the same for the same seed."""
    return np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)


def nearest(stored: Floats, queries: Floats, k: int) -> Ids:
    """The true neighbours by Euclidean distance, worked out without faiss."""
    distances = ((queries[:, None, :] - stored[None, :, :]) ** 2).sum(axis=2)
    return np.argsort(distances, axis=1, kind="stable")[:, :k]


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something; fails by name."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"it never came: {what}"
        time.sleep(0.02)


class HasUrl(Protocol):
    """Where a follower may look for its writer."""

    @property
    def url(self) -> str: ...


@dataclass(frozen=True)
class Faiss:
    """A running server."""

    process: ServerProcess
    http: httpx.Client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.process.port}"

    def call(
        self, method: str, path: str, json: object = None, content: bytes | None = None
    ) -> httpx.Response:
        """One request; binary when there is ``content``."""
        headers = None if content is None else BINARY
        return self.http.request(method, path, json=json, content=content, headers=headers)

    def good(self, method: str, path: str, json: object = None) -> Any:
        """The JSON of an answer that must be a success."""
        answer = self.call(method, path, json)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def refused(self, status: int, method: str, path: str, json: object = None) -> str:
        """The reason of an answer that must be a refusal with ``status``."""
        return reason_of(self.call(method, path, json), status)

    def create(self, name: str = "papers", dimension: int = 8, **more: str) -> None:
        self.good("PUT", f"/indexes/{name}", {"dimension": dimension, **more})

    def add(self, ids: Ids, data: Floats, name: str = "papers") -> httpx.Response:
        return self.call("POST", f"/indexes/{name}/vectors", content=codec.pack(ids, data))

    def fill(self, count: int, dimension: int = 8, name: str = "papers", **more: str) -> Floats:
        """Create an index with vectors under the ids 0 to ``count``, and answer them."""
        self.create(name, dimension, **more)
        data = vectors(count, dimension)
        for low in range(0, count, 5000):
            ids = np.arange(low, min(low + 5000, count))
            assert self.add(ids, data[ids], name).is_success
        return data

    def search(self, queries: Floats, k: int, name: str = "papers", nprobe: int = 0) -> Ids:
        path = f"/indexes/{name}/search?k={k}" + (f"&nprobe={nprobe}" if nprobe else "")
        answer = self.call("POST", path, content=codec.pack(None, queries))
        assert answer.is_success, answer.text
        return codec.unpack_found(answer.content)[1]

    def count(self, name: str = "papers") -> int:
        return int(self.good("GET", f"/indexes/{name}")["vectors"])

    def until_ready(self) -> Faiss:
        until(lambda: self.http.get("/ready").is_success, "readiness")
        return self

    def until_built(self, name: str = "papers") -> dict[str, Any]:
        def done() -> bool:
            state = self.good("GET", f"/indexes/{name}")
            return bool(state["factory"]) and state["rebuild"]["state"] != "running"

        until(done, "a built index")
        found: dict[str, Any] = self.good("GET", f"/indexes/{name}")
        return found

    def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        self.process.process.kill()
        self.process.process.wait()


def reason_of(answer: httpx.Response, status: int) -> str:
    """The reason of a refusal, after a look at its status."""
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"])


def start(start_server: StartServer, data: Path, *, ready: bool = True, **settings: str) -> Faiss:
    """A server over ``data``; keyword arguments are variables without their FAISS_."""
    data.mkdir(exist_ok=True)
    names = {f"FAISS_{name.upper()}": value for name, value in settings.items()}
    process = start_server(
        PACKAGE, {"FAISS_DATA_DIR": str(data), "FAISS_NUM_WORKERS": "2", **names}
    )
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{process.port}", timeout=PATIENCE_SECONDS, trust_env=False
    )
    server = Faiss(process, client)
    return server.until_ready() if ready else server


def follow(start_server: StartServer, data: Path, writer: HasUrl) -> Faiss:
    """A follower of what answers at the URL of ``writer``."""
    return start(start_server, data, role="follower", writer_url=writer.url)


def position(server: Faiss) -> int:
    """The number of its last record."""
    return int(server.good("GET", "/role")["position"])


def level(writer: Faiss, follower: Faiss) -> None:
    """Wait until the follower holds all that the writer has."""
    until(lambda: position(follower) == position(writer), "a follower that is level")
