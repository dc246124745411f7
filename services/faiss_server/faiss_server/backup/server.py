"""What backups ask of a vector server, over HTTP and nothing but the standard library."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from .. import manifest as manifests
from ..manifest import BadManifestError, Manifest
from .errors import BackupError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TIMEOUT = 60
LONG = 3600
"""Seconds that writing a snapshot, or verifying and swapping one, may take."""
CHUNK = 2**20
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
NOT_FOUND = 404


class RefusedError(BackupError):
    """The server's own refusal, with its HTTP ``status``."""

    def __init__(self, message: str, status: int) -> None:
        """``message`` holds the reason that the server gave."""
        super().__init__(message)
        self.status = status


class Server:
    """The vector server at a base URL."""

    def __init__(self, url: str) -> None:
        """``url`` without a slash at its end."""
        self.url = url

    def take_snapshot(self) -> Manifest:
        """A snapshot of this moment; the server keeps it while it is read."""
        return self._manifest("POST", "/snapshots")

    def renew(self, version: str) -> None:
        """Have the snapshot kept for longer."""
        self._manifest("GET", f"/snapshots/{version}")

    def file(self, version: str, path: str) -> Iterator[bytes]:
        """A file of a snapshot."""
        with self._open("GET", f"/snapshots/{version}/files/{path}") as answer:
            try:
                while chunk := answer.read(CHUNK):
                    yield chunk
            except (OSError, http.client.HTTPException) as error:
                raise self._unreachable(error) from None

    def piece(self, version: str, path: str, start: int, size: int) -> bytes:
        """``size`` bytes of a file of a snapshot."""
        span = {"Range": f"bytes={start}-{start + size - 1}"}
        with self._open("GET", f"/snapshots/{version}/files/{path}", headers=span) as answer:
            found: bytes = answer.read(size)
        return found

    def counts(self) -> dict[str, int]:
        """Living vectors by index."""
        found = self._json("GET", "/indexes")["indexes"]
        return {index["name"]: index["vectors"] for index in found}

    def search(
        self, index: str, vectors: Sequence[Sequence[float]], k: int
    ) -> list[list[int]] | None:
        """The ids of the ``k`` nearest of each; None when there is no such index."""
        asked = {"vectors": [list(vector) for vector in vectors], "k": k}
        try:
            found: list[list[int]] = self._json("POST", f"/indexes/{index}/search", asked)["ids"]
        except RefusedError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return found

    def create_index(self, index: str, dimension: int, metric: str) -> None:
        """Make an empty index of the server's own type."""
        asked = json.dumps({"dimension": dimension, "metric": metric}).encode()
        self._open("PUT", f"/indexes/{index}", asked).close()

    def add(self, index: str, form: str, body: bytes) -> None:
        """Vectors and ids, in a media type ``form`` that the server reads."""
        path = f"/indexes/{index}/vectors"
        self._open("POST", path, body, {"Content-Type": form}).close()

    def drop_index(self, index: str) -> None:
        """Forget an index and all in it."""
        self._open("DELETE", f"/indexes/{index}").close()

    def begin_restore(self, manifest: Manifest) -> str:
        """Announce a snapshot; answers the number of the restore."""
        answer = self._open("POST", "/restores", manifest.encode())
        return str(json.load(answer)["restore"])

    def upload(self, restore: str, path: str, chunks: Iterable[bytes], size: int) -> None:
        """One file of the snapshot that was announced, of ``size`` bytes."""
        headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
        self._open("PUT", f"/restores/{restore}/files/{path}", chunks, headers).close()

    def commit(self, restore: str, *, accept_loss: bool) -> None:
        """Let the server verify what was uploaded and swap it in."""
        self._json("POST", f"/restores/{restore}/commit", {"accept_loss": accept_loss})

    def abandon(self, restore: str) -> None:
        """Forget a restore."""
        self._open("DELETE", f"/restores/{restore}").close()

    def ready(self) -> bool:
        """Whether it serves."""
        try:
            self._open("GET", "/ready").close()
        except BackupError:
            return False
        return True

    def _manifest(self, method: str, path: str) -> Manifest:
        with self._open(method, path) as answer:
            data = answer.read()
        try:
            return manifests.decode(data)
        except BadManifestError as error:
            raise BackupError(f"{self.url}{path}: the manifest is bad: {error}") from None

    def _json(self, method: str, path: str, asked: object = None) -> Any:
        body = None if asked is None else json.dumps(asked).encode()
        with self._open(method, path, body) as answer:
            try:
                return json.load(answer)
            except ValueError:
                raise BackupError(f"{self.url}{path} answered no JSON") from None

    def _open(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the setting allows http and https only
            self.url + path,
            body,
            {"Content-Type": "application/json", **(headers or {})},
            method=method,
        )
        try:
            return NO_PROXY.open(request, timeout=TIMEOUT if method == "GET" else LONG)
        except urllib.error.HTTPError as error:
            raise RefusedError(f"{self.url} refuses: {_said(error)}", error.code) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: Exception) -> BackupError:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        return BackupError(f"{self.url} gives no answer ({cause}): see FAISS_URL")


def _said(error: urllib.error.HTTPError) -> str:
    """The server's own sentence, else the status."""
    try:
        return str(json.loads(error.read(4096))["error"])
    except (ValueError, KeyError, TypeError, OSError):
        return f"status {error.code}"
