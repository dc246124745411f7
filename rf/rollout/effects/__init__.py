"""What a rollout does to the world, and what it sees of it, behind small protocols.

Two ways in which a platform can be reached: a cluster's API and a machine's Docker engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.spec import ServiceSpec, Track

    from ..core import Model


class EffectError(Exception):
    """The platform did not do what it was asked to, or did not answer; says what, where and why."""


class Delivery(Protocol):
    """The fast lane: writes what servers watch, without a deployment."""

    def write(self, specs: Sequence[ServiceSpec]) -> None:
        """Replace the live files of ``specs`` by those that they hold.

        EffectError when not all could be written; some may be.
        """


class Gateways(Protocol):
    """The gateways' own counters, without a Prometheus in between."""

    def scrape(self) -> Mapping[str, str]:
        """``/stats/prometheus`` of every running gateway, by name.

        A gateway that is started anew gets another name. EffectError when one does not answer.
        """


class Inside(Protocol):
    """A way to a service that may be reached only from inside the platform."""

    def exchange(self, spec: ServiceSpec, path: str, content: str | None = None) -> str:
        """GET ``path`` from one copy of ``spec`` (its port ``http``), or PUT ``content`` there.

        The body of the answer; EffectError when there is none, or it is no success.
        """


class InsideEach(Inside, Protocol):
    """A way to every copy of such a service, too."""

    def from_each(self, spec: ServiceSpec, path: str) -> Sequence[str]:
        """GET ``path`` from every running copy of ``spec``; the bodies of their answers.

        EffectError when there is no copy, or one of them does not answer.
        """


class Models(Protocol):
    """Which models a server has loaded, and where."""

    def loaded(self, service: str, track: Track) -> tuple[Model, ...] | None:
        """Those of all copies of ``service``; None where it is no Ollama. EffectError otherwise."""


class Metrics(Protocol):
    """Keeps what a rollout says of itself until Prometheus has read it."""

    def push(self, group: str, text: str) -> None:
        """Put ``text``, in Prometheus' text format, in place of all metrics of ``group``.

        ``group`` is a path of labels, ``job/rollout/service/triton``. Nobody waits long for it,
        and it never raises: metrics are no reason to stop.
        """
