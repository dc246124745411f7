"""What runs: with how much, how it stops, and what runs beside a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .health import Health
    from .mounts import Certificate, File, Scratch, SecretFile
    from .network import Edge, Outside, Port, Scrape


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Requests and limits at once: what a pod is promised is what it may use.

    ``gpus`` of a per-node agent are those it watches: it runs where GPUs are and claims none.
    """

    cpu: float
    memory: float
    gpus: int = 0


@dataclass(frozen=True, kw_only=True)
class Drain:
    """How a server stops: ``command`` first (if any), then SIGTERM and at most ``seconds``."""

    seconds: int = 30
    command: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Run:
    """What runs in the image of a service and ends.

    ``internet``: it may open HTTPS to public addresses. ``account``: it is somebody of its own to
    the cloud, under this name, so that a role given to it is not the server's.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    resources: Resources
    timeout_seconds: int
    internet: bool = False
    outside: tuple[Outside, ...] = ()
    scratch: tuple[Scratch, ...] = ()
    files: tuple[File, ...] = ()
    secret_files: tuple[SecretFile, ...] = ()
    account: str | None = None


@dataclass(frozen=True, kw_only=True)
class Job(Run):
    """A one-shot run beside the service, on its volumes, that ends before the service starts."""


@dataclass(frozen=True, kw_only=True)
class ScheduledJob(Run):
    """A run by the clock that has none of the service's volumes and asks its server instead.

    ``schedule`` is a cron expression in ``timezone``. ``disk``: space too large for memory, on a
    volume that is made for each run and goes with it. Docker has no clock and runs none.
    ``trusts``: a certificate of its service, of which it gets ``ca.crt`` only.
    """

    schedule: str
    timezone: str
    talks_to: tuple[Edge, ...] = ()
    disk: Scratch | None = None
    trusts: Certificate | None = None


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """A second process beside the server, as the same user; it starts before it and ends after it.

    It shares the server's network and none of its files.
    """

    name: str
    image: str
    command: tuple[str, ...]
    ports: tuple[Port, ...]
    health: Health
    resources: Resources
    files: tuple[File, ...]
    certificate: Certificate
    scrape: Scrape
