"""What a follower asks of its writer, over HTTP and nothing but the standard library.

TLS is verified as OpenSSL is told to: SSL_CERT_FILE names another authority than the system's.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import manifest as manifests
from .manifest import BadManifestError, Manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIMEOUT_SECONDS = 30
GONE = 410
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))

POSITION, EPOCH, SNAPSHOT = "X-Faiss-Position", "X-Faiss-Epoch", "X-Faiss-Snapshot"
"""Headers of an answer to GET /wal."""


class RemoteError(Exception):
    """The writer did not answer as it should; the message is for people."""


@dataclass(frozen=True)
class LogAnswer:
    """Frames of the log, and what the writer says of itself."""

    frames: bytes
    position: int
    snapshot: str


class Remote:
    """The server at a base URL."""

    def __init__(self, url: str) -> None:
        """``url`` without a slash at its end; empty when nobody said where the writer is."""
        self._url = url

    def log_after(self, position: int, epoch: int, wait: int) -> LogAnswer | None:
        """The log after ``position``; None when the writer's log does not continue ours."""
        path = f"/wal?after={position}&epoch={epoch}&wait={wait}"
        try:
            with self._open(path) as answer:
                headers = answer.headers
                return LogAnswer(answer.read(), int(headers[POSITION]), headers.get(SNAPSHOT, ""))
        except _AnsweredError as error:
            if error.status == GONE:
                return None
            raise

    def role(self) -> str:
        """Whether it writes or follows."""
        with self._open("/role") as answer:
            return str(json.load(answer)["role"])

    def manifest(self, version: str) -> Manifest:
        """The manifest of a snapshot."""
        return self._manifest(f"/snapshots/{version}", "GET")

    def newest_snapshot(self) -> Manifest:
        """The manifest of the newest snapshot, which is taken when there is none."""
        with self._open("/snapshots") as answer:
            found = json.load(answer)["snapshots"]
        if found:
            return self.manifest(found[0]["version"])
        return self._manifest("/snapshots", "POST")

    def fetch(self, version: str, path: str, to: Path) -> None:
        """Copy a file of a snapshot, and wait for our disk."""
        with self._open(f"/snapshots/{version}/files/{path}") as answer, to.open("wb") as file:
            shutil.copyfileobj(answer, file, 2**20)
            file.flush()
            os.fsync(file.fileno())

    def hand_over(self, url: str) -> tuple[int, int]:
        """Ask the writer to take no more changes; answers its last position and its epoch."""
        body = json.dumps({"writer": url}).encode()
        with self._open("/handover", "POST", body) as answer:
            said = json.load(answer)
            return int(said["position"]), int(said["epoch"])

    def _manifest(self, path: str, method: str) -> Manifest:
        with self._open(path, method) as answer:
            data = answer.read()
        try:
            return manifests.decode(data)
        except BadManifestError as error:
            raise RemoteError(f"{self._url}{path}: {error}") from error

    @contextmanager
    def _open(self, path: str, method: str = "GET", body: bytes | None = None) -> Iterator[Any]:
        """The answer; one that breaks off, or is not ours, is a RemoteError as well."""
        with self._answer(path, method, body) as answer:
            try:
                yield answer
            except (http.client.HTTPException, ValueError, KeyError, TypeError) as error:
                raise RemoteError(f"{self._url}{path} gave no whole answer: {error}") from error

    def _answer(self, path: str, method: str, body: bytes | None) -> Any:
        if not self._url:
            raise RemoteError("there is no writer to follow: set FAISS_WRITER_URL")
        request = urllib.request.Request(  # noqa: S310 - the setting allows http and https only
            self._url + path, body, {"Content-Type": "application/json"}, method=method
        )
        try:
            return NO_PROXY.open(request, timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as error:
            said = error.read(500).decode(errors="replace")
            raise _AnsweredError(
                f"{self._url}{path} answered {error.code}: {said}", error.code
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise RemoteError(f"{self._url} cannot be reached: {error}") from error


class _AnsweredError(RemoteError):
    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
