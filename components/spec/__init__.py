"""What a service is, as plain frozen data. No platform, no engine, no I/O.

A spec says what a service needs; a platform (``components/platforms``) says how to get it. Sizes
are GiB, CPU is in cores, durations are whole seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from .runs import Drain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..scaling import Scaling
    from .health import Health
    from .mounts import Certificate, File, HostMount, Scratch, SecretFile, Volume
    from .network import Edge, Port, Scrape
    from .runs import Job, Resources, Run, ScheduledJob, Sidecar

Track = Literal["stable", "canary"]
"""Which of the two versions of a service that may run side by side."""


@dataclass(frozen=True, kw_only=True)
class ApiAccess:
    """One Kubernetes RBAC rule, within the platform's namespaces. Core API group unless said."""

    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class ServiceSpec:
    """One service, described once for every platform.

    ``track`` is set for services behind the gateway (``stable``, ``canary``): the instance is then
    called ``<name>-<track>``, and the gateway's cluster ``<name>_<track>``. ``serves_clients``:
    the declared client applications may reach it. ``edge``: Docker publishes its ports.
    ``front_door``: Kubernetes exposes it as the setting ``exposure`` says. ``user`` and ``group``
    are numeric because ``runAsNonRoot`` refuses an image whose user is a name.
    ``per_node`` runs one copy on every node; ``privileged_reason`` says why a service cannot meet
    the restricted Pod Security level, and puts it in the namespace for such services.
    ``internet``: it may open HTTPS to public addresses. ``scaling``: how many copies run, where
    that is not always ``replicas``. ``asked_by_scaler``: it tells the scaler what others have to
    do. ``kubelet_metrics``: on Kubernetes it may read the metrics of every node's kubelet, the one
    right beyond the platform's namespaces. ``facts``: plain values of this service that policies
    judge besides those that every service has; never a secret.
    """

    name: str
    category: Literal["inference", "data", "delivery", "monitoring"]
    image: str
    user: int
    group: int
    ports: tuple[Port, ...]
    health: Health
    resources: Resources
    track: Track | None = None
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    files: tuple[File, ...] = ()
    secret_files: tuple[SecretFile, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    sidecar: Sidecar | None = None
    volumes: tuple[Volume, ...] = ()
    scratch: tuple[Scratch, ...] = ()
    talks_to: tuple[Edge, ...] = ()
    serves_clients: bool = False
    edge: bool = False
    front_door: bool = False
    scrape: Scrape | None = None
    replicas: int = 1
    one_writer: bool = False
    drain: Drain = field(default_factory=Drain)
    read_only_root: bool = True
    jobs: tuple[Job, ...] = ()
    scheduled: tuple[ScheduledJob, ...] = ()
    api_access: tuple[ApiAccess, ...] = ()
    per_node: bool = False
    privileged_reason: str | None = None
    host_mounts: tuple[HostMount, ...] = ()
    host_pid: bool = False
    capabilities: tuple[str, ...] = ()
    internet: bool = False
    scaling: Scaling | None = None
    asked_by_scaler: bool = False
    kubelet_metrics: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def instance(self) -> str:
        """The name of what runs, and its DNS name on both platforms."""
        return f"{self.name}-{self.track}" if self.track else self.name

    @property
    def least(self) -> int:
        """The fewest copies that run."""
        return self.scaling.least if self.scaling else self.replicas

    @property
    def most(self) -> int:
        """The most copies that may run."""
        return max(self.replicas, self.scaling.peak) if self.scaling else self.replicas

    @property
    def runs(self) -> tuple[Run, ...]:
        """What runs beside the server and ends."""
        return (*self.jobs, *self.scheduled)

    @property
    def recreate(self) -> bool:
        """Stop the old copy before the new one: a GPU or an unshared volume has one user."""
        owns_volume = any(not volume.shared for volume in self.volumes)
        return self.resources.gpus > 0 or owns_volume or self.one_writer

    @property
    def has_token(self) -> bool:
        """Whether its server is somebody to the Kubernetes API, and to kubelets."""
        return bool(self.api_access) or self.kubelet_metrics

    @property
    def live_files(self) -> tuple[File, ...]:
        """The files that its server watches."""
        return tuple(file for file in self.files if file.live)

    def url(self, port: str) -> str:
        """Where the others on its platform find the port called ``port``."""
        found = self.port(port)
        return f"{'https' if found.tls else 'http'}://{self.instance}:{found.number}"

    @property
    def needs(self) -> Resources:
        """What one copy takes: the server, and its sidecar."""
        if self.sidecar is None:
            return self.resources
        own, beside = self.resources, self.sidecar.resources
        return replace(own, cpu=own.cpu + beside.cpu, memory=own.memory + beside.memory)

    @property
    def all_ports(self) -> tuple[Port, ...]:
        """Where anything listens: the server's ports, and those of its sidecar's own."""
        return (*self.ports, *(self.sidecar.ports if self.sidecar else ()))

    @property
    def all_certificates(self) -> tuple[Certificate, ...]:
        """The certificates of the server and of its sidecar, each once."""
        beside = (self.sidecar.certificate,) if self.sidecar else ()
        return tuple(dict.fromkeys((*self.certificates, *beside)))

    def port(self, name: str) -> Port:
        """The port called ``name``; KeyError names the service and what it has."""
        for port in self.ports:
            if port.name == name:
                return port
        raise KeyError(f"{self.name} has no port {name}, only {[p.name for p in self.ports]}")
