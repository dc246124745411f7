"""A stand-in for any HTTP server, run by file name in its place: ``python3 stand_in.py JSON``.

It answers GET on ``ports`` with the ``answers`` that its JSON gives by path, and POST with an empty
one. A PUT on the control port changes ``status`` and ``delay`` (seconds) of all that follows.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CONTROL_PORT = 4999


class Handler(BaseHTTPRequestHandler):
    """Answers as ``behaviour`` says, on the control port always well."""

    protocol_version = "HTTP/1.1"
    behaviour: dict[str, Any]

    def do_GET(self) -> None:
        body = self.behaviour["answers"].get(self.path.partition("?")[0])
        self.behave(body or "", 404 if body is None else 200)

    def do_POST(self) -> None:
        self.read()
        self.behave("", 200)

    def do_PUT(self) -> None:
        told = self.read()
        if self.controls:
            self.behaviour.update(json.loads(told))
        self.behave("", 405)

    def behave(self, body: str, otherwise: int) -> None:
        """Answer after the delay, with the status that is set or else ``otherwise``."""
        if self.controls:
            self.reply("", 200)
            return
        time.sleep(self.behaviour["delay"])
        self.reply(body, self.behaviour["status"] or otherwise)

    def reply(self, body: str, status: int) -> None:
        with contextlib.suppress(OSError):  # a client that gave up, which may be the point
            self.send_response(status)
            # Prometheus 3 takes no scrape without it.
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

    def read(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    @property
    def controls(self) -> bool:
        port: int = self.connection.getsockname()[1]
        return port == CONTROL_PORT

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main(told: dict[str, Any]) -> None:
    """Serve until SIGTERM."""
    # Before any thread, so that none of them takes the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    Handler.behaviour = {"status": 0, "delay": 0.0, **told}
    for port in [*told["ports"], CONTROL_PORT]:
        server = ThreadingHTTPServer(("0.0.0.0", port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
