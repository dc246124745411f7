"""The Pushgateway, and nobody in its place: metrics are no reason for a rollout to stop or wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import EffectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.spec import ServiceSpec

    from . import Inside

PAUSE_SECONDS = 60
"""How long one that did not answer is left alone: each try may take seconds, and users wait."""


class Pushgateway:
    """``spec`` by way of ``inside``; ``say`` is told once when it fails and once when it is back.

    ``now`` gives the time in seconds.
    """

    def __init__(
        self,
        inside: Inside,
        spec: ServiceSpec,
        *,
        say: Callable[[str], None],
        now: Callable[[], float],
    ) -> None:
        self._inside = inside
        self._spec = spec
        self._say = say
        self._now = now
        self._silent_until: float | None = None

    def push(self, group: str, text: str) -> None:
        if self._silent_until is not None and self._now() < self._silent_until:
            return
        try:
            self._inside.exchange(self._spec, f"/metrics/{group}", text)
        except EffectError as error:
            if self._silent_until is None:
                self._say(f"the rollout goes on without keeping its own metrics: {error}")
            self._silent_until = self._now() + PAUSE_SECONDS
            return
        if self._silent_until is not None:
            self._say("the rollout's own metrics are kept again")
            self._silent_until = None


class Nowhere:
    """Where there is no Pushgateway."""

    def push(self, group: str, text: str) -> None:
        del group, text
