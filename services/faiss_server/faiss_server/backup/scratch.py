"""A vector server of its own for a drill: an empty directory, a free port, and an end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import BackupError
from .server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_SECONDS = 60.0
STOP_SECONDS = 10.0
KEPT = ("PATH", "PYTHONPATH", "HOME", "TMPDIR", "FAISS_CACHE_SIZE", "FAISS_NUM_WORKERS")
"""What it sees of our environment; credentials are none of its business."""


@contextmanager
def scratch_server() -> Iterator[Server]:
    """An empty server below TMPDIR, which is gone afterwards with all that it held."""
    with tempfile.TemporaryDirectory(prefix="faiss-drill-") as folder:
        root = Path(folder)
        (root / "data").mkdir()
        said = root / "said"
        with said.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "faiss_server"],
                env={
                    **{name: os.environ[name] for name in KEPT if name in os.environ},
                    "FAISS_DATA_DIR": str(root / "data"),
                    "LISTEN_ADDRESS": "127.0.0.1:0",
                },
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        try:
            yield _serving(process, said)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _serving(process: subprocess.Popen[bytes], said: Path) -> Server:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        port = _port(said.read_text(errors="replace"))
        if port and (server := Server(f"http://127.0.0.1:{port}")).ready():
            return server
        time.sleep(0.05)
    last = said.read_text(errors="replace").strip().rpartition("\n")[2]
    raise BackupError(f"the server of the drill does not start; it said: {last[:500]}")


def _port(said: str) -> int | None:
    for line in said.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("message") == "listening":
            return int(entry["port"])
    return None
