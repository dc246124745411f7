"""What a service may know about its surroundings while it is being described."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from pydantic.dataclasses import dataclass as settings_dataclass

from .internal_tls.args import InternalTlsArgs
from .scaling.args import ScalingArgs
from .spec import ServiceSpec, Track
from .types import STRICT, Count, Gibibytes, HttpsUrl, Name, UserName

Environment = Literal["local", "staging", "production"]
LogLevel = Literal["debug", "info", "warn", "error"]


@settings_dataclass(frozen=True, kw_only=True, config=STRICT)
class GpuArgs:
    """The GPUs that services may ask for: the machine's own, or one node pool's."""

    pool: Name = "gpu"
    """Value of the node label ``researchflow.ai/pool`` (Kubernetes)."""
    gpus: Count = 1
    """How many GPUs the pool may hold at most; a ceiling on spend."""
    vram: Gibibytes = 8
    """Memory of one GPU in GiB. The guide's minimum is 8."""


SYSLOG_PORT = 1514
"""UDP port of the machine on which the log collector hears Docker's containers."""


@settings_dataclass(frozen=True, kw_only=True, config=STRICT)
class LogsArgs:
    """Where log lines are sent besides being kept on the node; a log collector then runs.

    The secret ``logsToken`` is the store's bearer token, or the password where there is a user.
    """

    url: HttpsUrl
    """Push address of a Loki: https, on port 443, such as https://logs.example.com/loki/api/v1/push."""
    user: UserName | None = None
    """User name, where the store takes one; a hosted Loki often takes a number."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """Shared facts and the specs described so far (``peers``), in catalogue order."""

    environment: Environment = "local"
    kubernetes: bool = False
    namespace: str = ""
    """Kubernetes: the platform's own namespace."""
    node_namespace: str = ""
    """Kubernetes: where agents live that must see the host."""
    log_level: LogLevel = "info"
    features: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    weights: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    """Per cent of users of each track, by service; a service that is not named has no canary."""
    feature_services: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """The services that serve each feature."""
    scaling: Mapping[str, ScalingArgs] = field(default_factory=lambda: MappingProxyType({}))
    """How many copies of a service run, by service; one that is not named has a fixed number."""
    track: Track = "stable"
    """Which track is described, of services that have tracks."""
    gpu: GpuArgs | None = None
    logs: LogsArgs | None = None
    """Where log lines are sent; None: they stay on the node."""
    gpu_hour_usd: float = 0.0
    """What one GPU costs an hour, with its share of the machine; 0: nobody knows."""
    budget_usd: float = 0.0
    """What the stack may cost a month; 0: there is no limit."""
    internal_tls: InternalTlsArgs | None = None
    """TLS between services, where there is any."""
    peers: tuple[ServiceSpec, ...] = ()

    def knowing(self, spec: ServiceSpec) -> "Context":
        """This context after ``spec`` has been described."""
        return replace(self, peers=(*self.peers, spec))

    def peer(self, name: str) -> ServiceSpec:
        """The described service called ``name``; KeyError lists what there is."""
        for spec in self.peers:
            if spec.name == name:
                return spec
        raise KeyError(f"no service {name!r} described yet, only {[s.name for s in self.peers]}")
