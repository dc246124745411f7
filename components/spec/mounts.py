"""What a container finds in its file system besides its image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Volume:
    """Storage that outlives the container. ``shared``: several pods mount it at once."""

    name: str
    path: str
    size: float
    read_only: bool = False
    shared: bool = False


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """Memory-backed space that dies with the container; always has a ceiling."""

    path: str
    size: float


@dataclass(frozen=True, kw_only=True)
class File:
    """A configuration file. ``live``: the server watches it, so a change restarts nothing.

    A live file must have a directory of its own: a kubelet never refreshes a ``subPath``.
    """

    path: str
    content: str
    live: bool = False


@dataclass(frozen=True, kw_only=True)
class SecretFile:
    """A file of secrets; ``template`` holds ``${name}``, ``${name|sha256}`` or ``${name|json}``.

    ``watched``: the server watches it, so a change restarts nothing.
    """

    path: str
    template: str
    watched: bool = False


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A directory with ``tls.crt`` and ``tls.key``, which an issuer of cert-manager keeps valid.

    Where the issuer is an authority of the platform's own, its certificate is there too, as
    ``ca.crt``. The server watches it. ``hosts``: the names on the certificate; none means those
    that the platform's DNS has for the service. ``kind`` says whether the issuer is the cluster's
    or the namespace's. ``name`` tells the certificates of a service apart.
    """

    path: str
    hosts: tuple[str, ...] = ()
    issuer: str
    kind: Literal["ClusterIssuer", "Issuer"]
    name: str = "tls"


@dataclass(frozen=True, kw_only=True)
class HostMount:
    """A read-only view of the host; only for per-node agents in the privileged namespace."""

    host: str
    path: str
