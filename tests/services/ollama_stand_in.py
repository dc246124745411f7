"""A stand-in for an Ollama server: ``/api/tags``, ``/api/ps``, ``/api/version``, no more of it.

The shapes are those of Ollama's ``api/types.go`` (``ListResponse``, ``ProcessResponse``).
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import trustme

GIGABYTE = 10**9
NEVER = datetime(2318, 6, 1, tzinfo=UTC)
"""When a model with a negative keep-alive expires: 2^63 ns after it was asked for in 2026."""


def models(*entries: dict[str, Any]) -> bytes:
    """The body of an answer of either path."""
    return json.dumps({"models": entries}).encode()


def on_disk(name: str) -> dict[str, Any]:
    """A model as ``/api/tags`` lists it."""
    return {"name": name, "model": name, "size": 4 * GIGABYTE, "digest": "0" * 64}


def in_memory(
    name: str, *, size: int, vram: int, expires_at: datetime | None = None
) -> dict[str, Any]:
    """A model as ``/api/ps`` lists it; expires in five minutes unless said."""
    expires = expires_at or datetime.now(UTC) + timedelta(minutes=5)
    return {
        "name": name,
        "model": name,
        "size": size,
        "size_vram": vram,
        "expires_at": expires.isoformat(),
        "context_length": 4096,
    }


@dataclass(kw_only=True)
class OllamaStandIn:
    """Serves ``tags``, ``ps``, ``version``: bytes as they are, with ``status``; all may be changed.

    Each answer waits ``delay`` seconds and each of its bytes ``seconds_per_byte``. Port 0 takes a
    free one. ``asked`` is set by the first question; where it
    ``holds``, none is answered before ``may_answer`` is set.
    """

    tags: bytes = models()
    ps: bytes = models()
    version: bytes | None = None
    status: int = 200
    host: str = "127.0.0.1"
    port: int = 0
    delay: float = 0.0
    seconds_per_byte: float = 0.0
    tls: trustme.LeafCert | None = None
    holds: bool = False
    asked: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """What OLLAMA_URL is set to."""
        return f"http://{self.address}"

    def __enter__(self) -> Self:
        """Listen, and answer in threads that die with the test run."""
        if not self.holds:
            self.may_answer.set()
        self._server = ThreadingHTTPServer((self.host, self.port), self._handler())
        self._server.daemon_threads = True
        if self.tls is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.tls.configure_cert(context)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stand_in.asked.set()
                stand_in.may_answer.wait()
                time.sleep(stand_in.delay)
                body = {
                    "/api/tags": stand_in.tags,
                    "/api/ps": stand_in.ps,
                    "/api/version": stand_in.version,
                }.get(self.path)
                status = 404 if body is None else stand_in.status
                self.send_response(status if self.locally_named() else 403)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                with contextlib.suppress(OSError):  # a client that gave up, which may be the point
                    self.send(body or b"")

            def locally_named(self) -> bool:
                """Whether Ollama on loopback would listen to who asks for this Host."""
                host = self.headers["Host"].rpartition(":")[0] or self.headers["Host"]
                return host in ("localhost", "127.0.0.1")

            def send(self, body: bytes) -> None:
                if not stand_in.seconds_per_byte:
                    self.wfile.write(body)
                    return
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(stand_in.seconds_per_byte)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
