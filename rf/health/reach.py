"""How the copies of a service are asked, whatever they run on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.spec import ServiceSpec
    from components.spec.network import Port

TIMEOUT = 10.0
"""Seconds that one answer may take."""


class ReachError(Exception):
    """The platform itself cannot be asked; says which, why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """An HTTP request to ``port``. A body is JSON."""

    port: Port
    path: str
    method: str = "GET"
    body: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What goes with it."""
        return {} if self.body is None else {"Content-Type": "application/json"}


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command that runs inside a copy; it ends with 0 where all is well."""

    argv: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one copy said: HTTP status or exit status, or why there is none (``fault``)."""

    copy: str
    status: int | None = None
    body: bytes = b""
    fault: str = ""


class Reach(Protocol):
    """A platform that runs services. ReachError where it cannot be asked at all.

    ``any_port``: a request may go to any port of a copy, not only to those that are published.
    """

    any_port: bool

    def send(self, spec: ServiceSpec, request: Request) -> tuple[Answer, ...]:
        """The answer of every copy of ``spec`` that runs and can be told apart; at least one."""

    def run(self, spec: ServiceSpec, command: Command) -> tuple[Answer, ...]:
        """How ``command`` ended in every copy. What it printed is not kept: it may be secret."""

    def lacking(self, specs: Sequence[ServiceSpec]) -> tuple[str, ...]:
        """What the platform itself lacks to run ``specs`` as they are meant, and what to do."""


def silent(copy: str, error: Exception) -> Answer:
    """No answer from ``copy``, and the kind of error; its text may repeat what was sent."""
    return Answer(copy=copy, fault=f"no answer ({type(error).__name__})")
