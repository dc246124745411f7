"""What the gateway costs a request (``make bench-gateway``), as ratios to the server itself.

A server that answers at once, a client, and a real Envoy with the gateway's configuration and one
worker, on loopback. Direct access and the gateway take turns, so that a slow spell hits both. The
client and the server are Python and share the machine with Envoy: differences and ratios say what
the gateway adds, the absolute numbers say little.
"""

import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles

from tests.e2e.harness.gateway import ENVOY, NO_ENVOY, gateway

BODY = b"an answer of a model server"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)
REQUEST = b"POST /api/chat HTTP/1.1\r\nhost: gateway\r\ncontent-length: 2\r\n\r\n{}"
ROUNDS = 5
ALONE, MANY = 1, 32
REQUESTS = {ALONE: 3000, MANY: 10_000}


class Server(asyncio.Protocol):
    """Answers every request at once, health checks too."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.transport.write(ANSWER * data.count(b"HTTP/1.1\r\n"))


class Client(asyncio.Protocol):
    """Sends one request after another over one connection, and takes the time of each."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.seconds: list[float] = []
        self.over = asyncio.get_running_loop().create_future()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._send()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.buffer.endswith(BODY):
            return
        self.seconds.append(time.perf_counter() - self.began)
        if not self.buffer.startswith(b"HTTP/1.1 200"):
            self.over.set_exception(RuntimeError("a request failed"))
        self.left -= 1
        if self.left:
            self._send()
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self.left and not self.over.done():
            self.over.set_exception(RuntimeError("a connection broke"))
        elif not self.over.done():
            self.over.set_result(None)

    def _send(self) -> None:
        self.buffer = b""
        self.began = time.perf_counter()
        self.transport.write(REQUEST)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One round: the median and the 99th percentile in milliseconds, and requests a second."""

    p50: float
    p99: float
    rate: float


def main() -> int:
    """Print the comparison; 1 when a request failed or there is no Envoy."""
    if ENVOY is None:
        say(f"cannot run: {NO_ENVOY}")
        return 1
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    port: int = ours.recv()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            gateway(Path(folder), {"ollama-stable": port}) as envoy,
        ):
            for connections in (ALONE, MANY):
                compare(port, envoy.ports["ollama"], connections)
    except RuntimeError as error:
        say(f"failed: {error}")
        return 1
    finally:
        server.terminate()
    return 0


def compare(direct: int, through: int, connections: int) -> None:
    """Take turns, and print the median and the range of the rounds' ratios."""
    asyncio.run(measure(direct, connections))
    asyncio.run(measure(through, connections))
    rounds = [
        (asyncio.run(measure(direct, connections)), asyncio.run(measure(through, connections)))
        for _ in range(ROUNDS)
    ]
    say(f"{connections} at once, gateway to direct, of {ROUNDS} rounds:")
    for name in ("p50", "p99"):
        pairs = [(getattr(theirs, name), getattr(ours, name)) for theirs, ours in rounds]
        added = spread([ours - theirs for theirs, ours in pairs])
        say(f"  {name}: {spread([ours / theirs for theirs, ours in pairs])} times; adds {added} ms")
    say(f"  throughput: {spread([ours.rate / theirs.rate for theirs, ours in rounds])} times")


async def measure(port: int, connections: int) -> Measured:
    """Send this many requests at once until all of the round's are answered."""
    loop = asyncio.get_running_loop()
    each = REQUESTS[connections] // connections
    began = time.perf_counter()
    clients = [
        (await loop.create_connection(lambda: Client(each), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(client.over for client in clients))
    took = time.perf_counter() - began
    times = [seconds * 1000 for client in clients for seconds in client.seconds]
    return Measured(p50=median(times), p99=quantiles(times, n=100)[98], rate=len(times) / took)


def serve(told: Connection) -> None:
    """Run the server in a process of its own, and say on which port."""

    async def forever() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Server, "127.0.0.1", 0, backlog=1024)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


def spread(values: Sequence[float]) -> str:
    """The median, and the range over the rounds."""
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def say(line: str) -> None:
    """Print ``line`` at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
