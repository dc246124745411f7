"""A stand-in for an Ollama server: its ``/api/tags`` and ``/api/ps``, and nothing else of it.

The shapes are those of Ollama's ``api/types.go`` (``ListResponse``, ``ProcessResponse``).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

GIGABYTE = 10**9
NEVER = datetime(2318, 6, 1, tzinfo=UTC)
"""When a model with a negative keep-alive expires: 2^63 ns after it was asked for in 2026."""


def models(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"models": entries}).encode()


def on_disk(name: str) -> dict[str, Any]:
    return {"name": name, "model": name, "size": 4 * GIGABYTE, "digest": "0" * 64}


def in_memory(
    name: str, *, size: int, vram: int, expires_at: datetime | None = None
) -> dict[str, Any]:
    expires = expires_at or datetime.now(UTC) + timedelta(minutes=5)
    return {
        "name": name,
        "model": name,
        "size": size,
        "size_vram": vram,
        "expires_at": expires.isoformat(),
        "context_length": 4096,
    }


class OllamaStandIn:
    """Answers with ``tags`` and ``ps`` (bytes, as they are) and ``status``; all may be changed.

    ``before_answer`` runs before each answer, and ``seconds_per_byte`` pass between its bytes.
    """

    def __init__(
        self,
        *,
        tags: bytes = models(),
        ps: bytes = models(),
        status: int = 200,
        host: str = "127.0.0.1",
        port: int = 0,
        before_answer: Callable[[], None] = lambda: None,
        seconds_per_byte: float = 0.0,
    ) -> None:
        self.answers = {"/api/tags": tags, "/api/ps": ps}
        self.status = status
        self.before_answer = before_answer
        self.seconds_per_byte = seconds_per_byte
        self._server = ThreadingHTTPServer((host, port), self._handler())
        self._server.daemon_threads = True
        self.address = f"{host}:{self._server.server_port}"
        self.port: int = self._server.server_port

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stand_in.before_answer()
                body = stand_in.answers.get(self.path)
                self.send_response(404 if body is None else stand_in.status)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.send(body or b"")

            def send(self, body: bytes) -> None:
                if not stand_in.seconds_per_byte:
                    self.wfile.write(body)
                    return
                try:
                    for byte in body:
                        self.wfile.write(bytes([byte]))
                        time.sleep(stand_in.seconds_per_byte)
                except OSError:
                    return  # the client has given up, which is the point

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
