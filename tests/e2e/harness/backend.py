"""A model server of the test's making: it answers its own name, or misbehaves as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Behaviour = Literal[
    "well", "busy", "faulty", "closing", "resetting", "breaking", "garbled", "silent", "stalling",
    "slow",
]  # fmt: skip
"""``well``: 200 and its name. ``busy``: 503. ``faulty``: 500 to one request in ``FAULTY``, which
ejects no server, and well to the others. ``closing``: no answer but the end of the connection,
``resetting``: by RST. ``breaking``: the same after the first chunk. ``garbled``: no HTTP.
``silent``: nothing. ``stalling``: nothing after the first chunk. ``slow``: ten chunks in a second.
"""

FAULTY = 6
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"5\r\nhello\r\n"


@dataclass(kw_only=True)
class Backend:
    """Listens on ``port`` of loopback; health checks are answered well unless ``sick``."""

    name: str
    port: int = 0
    behaviour: Behaviour = "well"
    sick: bool = False
    fails_on: str = ""
    """A header line, in lower case: requests that have it get 500."""
    seen: list[str] = field(default_factory=list)
    """Method and target of every request but health checks."""
    heads: list[str] = field(default_factory=list)
    """All that came before their bodies."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._answer(reader, writer):
                await writer.drain()
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = 0
        for line in head.split("\r\n")[1:]:
            if line.lower().startswith("content-length:"):
                length = int(line.partition(":")[2])
        await reader.readexactly(length)
        if "Envoy/HC" in head:
            writer.write(answer(500 if self.sick else 200, "health"))
            return True
        self.seen.append(head.partition(" HTTP/")[0])
        self.heads.append(head)
        return await self._behave(writer)

    async def _behave(self, writer: asyncio.StreamWriter) -> bool:
        writer.write(self._beginning())
        match self.behaviour:
            case "silent" | "stalling":
                await asyncio.sleep(3600)
            case "slow":
                for _ in range(10):
                    writer.write(CHUNK)
                    await asyncio.sleep(0.1)
                writer.write(b"0\r\n\r\n")
            case "breaking":
                await writer.drain()
                await asyncio.sleep(0.02)
            case "resetting":
                linger = struct.pack("ii", 1, 0)
                connection = writer.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return self.behaviour not in ("closing", "resetting", "breaking")

    def _beginning(self) -> bytes:
        """What is sent at once."""
        if self.fails_on and self.fails_on in self.heads[-1].lower().split("\r\n"):
            return answer(500, "failed")
        return {
            "well": answer(200, self.name),
            "busy": answer(503, "busy"),
            "faulty": answer(200, self.name) if len(self.seen) % FAULTY else answer(500, "faulty"),
            "garbled": b"SSH-2.0-OpenSSH\r\n\r\n",
            "slow": CHUNKED,
            "breaking": CHUNKED + CHUNK,
            "stalling": CHUNKED + CHUNK,
        }.get(self.behaviour, b"")


def answer(status: int, body: str) -> bytes:
    """A whole HTTP answer."""
    return f"HTTP/1.1 {status} Told\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


@contextlib.contextmanager
def running(*backends: Backend) -> Iterator[None]:
    """Meanwhile they listen, each on its port or on a free one that it is then told."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> list[asyncio.Server]:
        servers = []
        for backend in backends:
            server = await asyncio.start_server(
                backend.serve, "127.0.0.1", backend.port, backlog=1024
            )
            backend.port = server.sockets[0].getsockname()[1]
            servers.append(server)
        return servers

    async def stop(servers: list[asyncio.Server]) -> None:
        for server in servers:
            server.close()
        own = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not own]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    servers = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(stop(servers), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
