"""What a service is, as plain frozen data. No platform, no engine, no I/O.

A spec says what a service needs; a platform (``components/platforms``) says how to get it. Sizes
are GiB, CPU is in cores, durations are whole seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .scaling import Scaling

Tool = Literal["wget", "curl", "python", "bash"]
Track = Literal["stable", "canary"]
"""Which of the two versions of a service that may run side by side."""


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
class HttpCheck:
    """Healthy when GET ``path`` answers 2xx.

    ``tool`` is what the image has to ask with from inside (Docker has no HTTP probe), or, where
    there is nothing, the reason why Docker cannot check.
    """

    port: int
    path: str
    tool: Tool | NoTool


@dataclass(frozen=True, kw_only=True)
class NoTool:
    """The image holds nothing that could ask; says why, and that is shown to reviewers."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class ExecCheck:
    """Healthy when ``command`` exits 0 inside the container."""

    command: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NoCheck:
    """No health check at all, and why."""

    reason: str


Check = HttpCheck | ExecCheck | NoCheck


@dataclass(frozen=True, kw_only=True)
class Health:
    """``startup`` may take ``startup_seconds``; then ``ready`` gates traffic, ``live`` restarts."""

    ready: Check
    live: Check | None = None
    startup: Check | None = None
    startup_seconds: int = 60


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Requests and limits at once: what a pod is promised is what it may use.

    ``gpus`` of a per-node agent are those it watches: it runs where GPUs are and claims none.
    """

    cpu: float
    memory: float
    gpus: int = 0


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
class Edge:
    """Permission to open a connection to a port of another service."""

    service: str
    port: int


@dataclass(frozen=True, kw_only=True)
class Scrape:
    """Where Prometheus finds metrics."""

    port: int
    path: str = "/metrics"


@dataclass(frozen=True, kw_only=True)
class Drain:
    """How a server stops: ``command`` first (if any), then SIGTERM and at most ``seconds``."""

    seconds: int = 30
    command: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HostMount:
    """A read-only view of the host; only for per-node agents in the privileged namespace."""

    host: str
    path: str


@dataclass(frozen=True, kw_only=True)
class ApiAccess:
    """One Kubernetes RBAC rule, within the platform's namespaces. Core API group unless said."""

    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Outside:
    """A TCP port of a host outside the platform, by name or address."""

    host: str
    port: int


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
    do. ``facts``: plain values of this service that policies judge besides those that every service
    has; never a secret.
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
    drain: Drain = Drain()
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
