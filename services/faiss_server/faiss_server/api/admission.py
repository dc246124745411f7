"""What comes in: bodies within limits, and work within queues."""

from __future__ import annotations

import asyncio
import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from ..errors import Busy, Invalid, TooLarge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

BODIES = 8
"""Bodies of the largest size that may be in memory at once."""
BRIEF_SECONDS = 0.003
"""Work that is expected to take less may keep the event loop waiting, where nothing else is on."""
QUIET_SECONDS = 0.001
"""Work that follows sooner than this is one of many: threads can do them side by side."""

T = TypeVar("T")


class Bodies:
    """Reads bodies, each up to a limit, and all at once up to another."""

    def __init__(self, limit: int) -> None:
        """``limit`` in bytes for one body."""
        self._limit, self._held = limit, 0

    async def read(self, request: Request, work: Callable[[bytes], Awaitable[T]]) -> T:
        """``work`` on the body of ``request``, whose bytes count until it is done.

        Raises TooLarge before it holds more than the limit, and Busy when others hold too much.
        """
        announced = request.headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > self._limit:
            raise TooLarge(self._reason())
        body, taken = bytearray(), 0
        try:
            async for chunk in request.stream():
                taken += len(chunk)
                self._held += len(chunk)
                if taken > self._limit:
                    raise TooLarge(self._reason())
                if self._held > BODIES * self._limit:
                    raise Busy("too much is being received", retry_after=1)
                body += chunk
            return await work(bytes(body))
        finally:
            self._held -= taken

    def _reason(self) -> str:
        return f"the body exceeds {self._limit} bytes (FAISS_MAX_BODY): send several"


class Gate:
    """Runs work in ``threads`` threads; at most ``limit`` pieces wait or run.

    To wake a thread and be woken by it costs 0.2 ms, and 0.7 ms at the 99th percentile where
    processors sleep: brief work that comes alone is done in the event loop's own thread.
    """

    def __init__(self, name: str, threads: int, limit: int) -> None:
        """``name`` is for metrics and thread names."""
        self.name, self._limit = name, limit
        self.depth = 0
        self._ended = 0.0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[[], T], expected: float = math.inf) -> T:
        """The result of ``work``, which may take ``expected`` seconds.

        Raises Busy at once when the queue is full.
        """
        if self.depth >= self._limit:
            raise Busy(f"{self.depth} requests wait in the queue of {self.name}", retry_after=1)
        alone = self.depth == 0 and time.perf_counter() - self._ended > QUIET_SECONDS
        self.depth += 1
        try:
            if alone and expected < BRIEF_SECONDS:
                return work()
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self.depth -= 1
            self._ended = time.perf_counter()


def number(request: Request, name: str, default: int | None = None) -> int | None:
    """A whole number from the query string; raises Invalid."""
    value = request.query_params.get(name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or len(value) > 18:  # noqa: PLR2004 - below 2⁶³
        raise Invalid(f"{name} is {value[:30]!a}: write a whole number")
    return int(value)


def switch(request: Request, name: str) -> bool:
    """True or false from the query string, false when absent; raises Invalid."""
    value = request.query_params.get(name, "false")
    if value not in {"true", "false"}:
        raise Invalid(f"{name} is {value[:30]!a}: write true or false")
    return value == "true"
