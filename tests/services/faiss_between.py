"""Stands between a follower and its writer: passes everything on, holds answers back, says Gone."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

GONE = 410
PATIENCE_SECONDS = 30.0


class Between(ThreadingHTTPServer):
    """A proxy before the server at ``upstream``."""

    daemon_threads = False

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.http = httpx.Client(base_url=upstream, timeout=PATIENCE_SECONDS, trust_env=False)
        self.passed: list[str] = []
        """Paths that were answered by the server behind."""
        self.gone = ""
        """The next request below this path, if any, is answered by 410."""
        self.held: list[str] = []
        """Paths of requests that wait for ``release``."""
        self._hold, self._released = "", threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def server_close(self) -> None:
        """Wait for the requests that are on their way."""
        super().server_close()
        self.http.close()

    def hold(self, path: str) -> None:
        """Let requests below ``path`` wait."""
        self._hold = path

    def release(self) -> None:
        """Let all go on."""
        self._hold = ""
        self._released.set()

    def wait(self, path: str) -> None:
        """Until it may go on."""
        if self._hold and path.startswith(self._hold):
            self.held.append(path)
            self._released.wait(PATIENCE_SECONDS)

    def is_gone(self, path: str) -> bool:
        """Whether this one is to be answered by 410."""
        if not self.gone or not path.startswith(self.gone):
            return False
        self.gone = ""
        return True


class _Handler(BaseHTTPRequestHandler):
    server: Between

    def _pass_on(self) -> None:
        self.server.wait(self.path)
        if self.server.is_gone(self.path):
            self.send_error(GONE)
            return
        length = int(self.headers.get("content-length", 0))
        answer = self.server.http.request(
            self.command, self.path, content=self.rfile.read(length), headers=dict(self.headers)
        )
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.startswith("x-faiss") or name == "content-type":
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)
        self.server.passed.append(self.path)

    do_GET = do_POST = _pass_on  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def between(upstream: str) -> Iterator[Between]:
    """A proxy that runs meanwhile."""
    with Between(upstream) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.release()
            proxy.shutdown()
