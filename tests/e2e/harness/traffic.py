"""Steady traffic to one address, and what became of each request."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import httpx

if TYPE_CHECKING:
    from .world import World


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One request: when it began (monotonic seconds), how long it took, and how it ended."""

    began: float
    seconds: float
    result: int | str
    """HTTP status, or the name of the error that kept an answer from coming."""


@dataclass(kw_only=True)
class Traffic:
    """``clients`` that send GETs to ``url``, each one after another, while it is entered.

    Each request has a connection of its own, as many clients have, unless ``keep_alive``.
    """

    world: World
    url: str
    clients: int = 2
    pause: float = 0.02
    timeout: float = 10.0
    keep_alive: bool = False
    outcomes: list[Outcome] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Begin to send."""
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Send no more, and wait for what is under way."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def results(self) -> Counter[int | str]:
        """How many requests ended how."""
        return Counter(outcome.result for outcome in self.outcomes)

    def _send(self) -> None:
        limits = httpx.Limits(max_keepalive_connections=None if self.keep_alive else 0)
        with (
            self.world.entered(),
            httpx.Client(limits=limits, timeout=self.timeout, trust_env=False) as client,
        ):
            while not self._over.wait(self.pause):
                self.outcomes.append(self._one(client))

    def _one(self, client: httpx.Client) -> Outcome:
        began = time.monotonic()
        result: int | str
        try:
            result = client.get(self.url).status_code
        except httpx.HTTPError as error:
            result = type(error).__name__
        return Outcome(began=began, seconds=time.monotonic() - began, result=result)
