"""Stands for Triton in a container, run by file name: healthy, and as good as its image says.

``FAILING=1``: it answers 503 to whatever is no health check, as a broken version does.
"""

from __future__ import annotations

import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORTS = (8000, 8002)
MODELS = b'{"models": [{"name": "m", "size": 4, "size_vram": 3}]}'
"""What Ollama would answer to ``/api/ps``."""
FAILING = os.environ.get("FAILING") == "1"


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # A header and a body that leave apart wait for each other's acknowledgement.
    wbufsize = -1

    def do_GET(self) -> None:
        failed = FAILING and not self.path.startswith(("/v2/health/", "/metrics"))
        body = MODELS if self.path == "/api/ps" else b"ok\n"
        self.send_response(503 if failed else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Many connections at once."""

    request_queue_size = 128
    daemon_threads = True


def main() -> None:
    """Serve until SIGTERM."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    for port in PORTS:
        server = Server(("0.0.0.0", port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    main()
