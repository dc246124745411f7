"""The FAISS server as a process, and a client that costs as little as Python allows."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.faiss_server.faiss_server.api import codec

Floats = NDArray[np.float32]
SOURCE = Path(__file__).parents[1] / "services" / "faiss_server"
NAME = "/indexes/bench"
HEAD = f"HTTP/1.1\r\nhost: bench\r\ncontent-type: {codec.BINARY}\r\n"
PATIENCE_SECONDS = 60.0
FOLDED = 1024
"""Fewer rows than this the server searches exactly on purpose."""


@dataclass(frozen=True)
class Server:
    """A running server over ``data``, and one connection that stays open.

    Requests leave in one write, as a proxy sends them: ``http.client`` takes two, and parses the
    headers of an answer as those of a mail.
    """

    data: Path
    connection: socket.socket
    answers: BufferedIOBase

    def create(self, dimension: int) -> None:
        """An index of the default type."""
        self._json("PUT", NAME, {"dimension": dimension})

    def add(self, first: int, vectors: Floats) -> None:
        """Vectors under rising ids."""
        ids = np.arange(first, first + len(vectors))
        self._request("POST", f"{NAME}/vectors", codec.pack(ids, vectors))

    def search(self, queries: Floats, k: int, nprobe: int) -> NDArray[np.int64]:
        """The ids that are found."""
        body = codec.pack(None, queries)
        answer = self._request("POST", f"{NAME}/search?k={k}&nprobe={nprobe}", body)
        return codec.unpack_found(answer)[1]

    def build(self) -> dict[str, Any]:
        """Build the index for what it holds by now, and wait for it and its snapshot."""
        self._wait_for_rebuild()
        self._json("POST", f"{NAME}/rebuild")
        described = self._wait_for_rebuild()
        self._json("POST", "/snapshots")
        return described

    def built_file(self) -> Path:
        """The file of the built index in the newest snapshot."""
        newest: str = self._json("GET", "/snapshots")["snapshots"][0]["version"]
        return self.data / "snapshots" / newest / "indexes" / "bench" / "built.faiss"

    def wait_until_folded(self) -> None:
        """Wait until what was added is in the built index."""
        while self._json("GET", NAME)["exact_rows"] >= FOLDED:
            time.sleep(0.005)

    def _wait_for_rebuild(self) -> dict[str, Any]:
        while True:
            described: dict[str, Any] = self._json("GET", NAME)
            if described["rebuild"]["state"] == "failed":
                raise RuntimeError(described["rebuild"]["reason"])
            if described["rebuild"]["state"] != "running":
                return described
            time.sleep(0.2)

    def _json(self, method: str, path: str, tree: object = None) -> Any:
        body = None if tree is None else json.dumps(tree).encode()
        return json.loads(self._request(method, path, body))

    def _request(self, method: str, path: str, body: bytes | None) -> bytes:
        content = body or b""
        head = f"{method} {path} {HEAD}content-length: {len(content)}\r\n\r\n"
        self.connection.sendall(head.encode() + content)
        status = int(self.answers.readline().split()[1])
        length = 0
        while (line := self.answers.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            length = int(value) if name == b"content-length" else length
        found = self.answers.read(length)
        if status >= HTTPStatus.BAD_REQUEST:
            raise RuntimeError(f"{path} answered {status}: {found[:300]!r}")
        return found


@contextmanager
def running(folder: Path, threads: int) -> Iterator[Server]:
    """A server with ``threads`` threads over a new directory in ``folder``."""
    data = folder / "data"
    data.mkdir()
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCE),
        "FAISS_DATA_DIR": str(data),
        "FAISS_NUM_WORKERS": str(threads),
        "LISTEN_ADDRESS": "127.0.0.1:0",
    }
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "faiss_server"], env=variables, stdout=log
        )
        try:
            port = _port(folder / "log")
            with socket.create_connection(("127.0.0.1", port), timeout=600) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                yield Server(data, connection, connection.makefile("rb"))
        finally:
            process.terminate()
            process.wait()


def _port(log: Path) -> int:
    deadline = time.monotonic() + PATIENCE_SECONDS
    port = 0
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            entry = json.loads(line)
            port = entry.get("port", port)
            if entry["message"] == "serving":
                return int(port)
        time.sleep(0.05)
    raise RuntimeError("the server did not start")
