"""Clients that send all the time, and count what they get."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import httpx

from tests.e2e.harness.waiting import seconds_until

if TYPE_CHECKING:
    import ssl


@dataclass(kw_only=True)
class Load:
    """Two clients on connections of their own for each request, and one that keeps its own.

    ``name``: on the certificate, where the URL has another.
    """

    url: str
    context: ssl.SSLContext | None = None
    name: str = ""
    results: Counter[int | str] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(kept,)) for kept in (0, 0, 1)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def await_answers(self, count: int) -> None:
        """Return when ``count`` more requests have ended, in whatever way."""
        wanted = self.results.total() + count
        seconds_until(lambda: self.results.total() >= wanted, within=60)

    def _send(self, kept: int) -> None:
        limits = httpx.Limits(max_keepalive_connections=kept)
        extensions = {"sni_hostname": self.name} if self.name else {}
        with httpx.Client(verify=self.context or True, limits=limits) as client:
            while not self._over.is_set():
                try:
                    found = client.get(self.url, extensions=extensions).status_code
                    self.results[found] += 1
                except httpx.HTTPError as error:
                    self.results[type(error).__name__] += 1
                time.sleep(0.005)
