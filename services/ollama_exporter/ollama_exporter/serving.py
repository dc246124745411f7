"""Runs an ASGI application the way a container platform expects of a server.

The two services of this repository hold the same copy of this file; a test compares them.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
from typing import TYPE_CHECKING, NoReturn

import uvicorn

if TYPE_CHECKING:
    from ssl import SSLContext
    from types import FrameType

    from starlette.types import ASGIApp

DRAIN_SECONDS = 30
"""How long requests that are running at SIGTERM may take to finish."""

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection stays open.

A proxy in front must close idle connections sooner: else it may send a request just as the server
closes, which the client sees as a 503.
"""

log = logging.getLogger(__name__)


def exit_cleanly_on_signals() -> None:
    """Make SIGTERM and SIGINT end the process with status 0, from the first moment.

    A process that is PID 1 of a container ignores signals without a handler, and uvicorn raises
    the signal again after its own shutdown, which would otherwise end in status 143.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit)


def _exit(_number: int, _frame: FrameType | None) -> NoReturn:
    """End now: the interpreter's own exit would wait for the thread of a cancelled request."""
    logging.shutdown()
    os._exit(0)


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 takes a free one. Raises OSError when it cannot be had."""
    listener = socket.create_server((host, port), backlog=2048)
    # asyncio sets this only for sockets that name their protocol, which this one does not. Without
    # it the body of an answer waits 40 ms for the peer's acknowledgement of the headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def serve(
    app: ASGIApp,
    listener: socket.socket,
    *,
    drain_seconds: int = DRAIN_SECONDS,
    tls: SSLContext | None = None,
) -> None:
    """Serve ``app`` until SIGTERM, then accept nothing more and finish what is running.

    Requests that still run after ``drain_seconds`` are cancelled. There is no access log: the
    gateway keeps one, and the paths that are asked for most are probes.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=drain_seconds,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )
    # What is loaded by now stays. Each full collection would walk it, for 20 ms in some request.
    gc.collect()
    gc.freeze()
    host, port = listener.getsockname()
    log.info("listening", extra={"fields": {"host": host, "port": port}})
    uvicorn.Server(config).run(sockets=[listener])
