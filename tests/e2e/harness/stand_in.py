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


def serve(behaviour: dict[str, Any]) -> None:
    """Serve until SIGTERM."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(behaviour["delay"])
            body = behaviour["answers"].get(self.path.partition("?")[0])
            self.reply(behaviour["status"] if body is not None else 404, body or "")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(behaviour["delay"])
            self.reply(behaviour["status"], "")

        def do_PUT(self) -> None:
            change = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known = self.server.server_port == CONTROL_PORT  # type: ignore[attr-defined]
            if known:
                behaviour.update(change)
            self.reply(204 if known else 405, "")

        def reply(self, status: int, body: str) -> None:
            with contextlib.suppress(OSError):  # a client that gave up, which may be the point
                self.send_response(status)
                # Prometheus 3 takes no scrape without it.
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                if status != 204:
                    self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    for port in [*behaviour["ports"], CONTROL_PORT]:
        server = ThreadingHTTPServer(("0.0.0.0", port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    # Before any thread, so that none of them takes the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    serve({"status": 200, "delay": 0.0, **json.loads(sys.argv[1])})
