"""Where a server listens, and to what a connection may be opened."""

from __future__ import annotations

from dataclasses import dataclass

KUBELET_PORT = 10250
"""Where a kubelet answers whoever has a right to it (Kubernetes, "Ports and Protocols")."""


@dataclass(frozen=True, kw_only=True)
class Port:
    """A TCP port of the service; ``published`` is the guide's port on the machine (Docker).

    ``tls``: it speaks TLS, and this is a name on its certificate. ``inside``: a sidecar does so for
    the server, which itself listens on this port of loopback. ``udp``: it takes datagrams instead,
    and only Docker has such ports.
    """

    name: str
    number: int
    published: int | None = None
    tls: str | None = None
    udp: bool = False
    inside: int | None = None


@dataclass(frozen=True, kw_only=True)
class Edge:
    """Permission to open a connection to a port of another service."""

    service: str
    port: int


@dataclass(frozen=True, kw_only=True)
class Outside:
    """A TCP port of a host outside the platform, by name or address."""

    host: str
    port: int


@dataclass(frozen=True, kw_only=True)
class Scrape:
    """Where Prometheus finds metrics."""

    port: int
    path: str = "/metrics"
