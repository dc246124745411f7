"""What manifests depend on besides the spec they are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...audience import ImagesArgs

if TYPE_CHECKING:
    from ...audience import ClientArgs
    from ...capacity import CapacityArgs
    from ...context import GpuArgs
    from ...spec import ServiceSpec
    from .args import KubernetesArgs


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One platform on one cluster, as plain data."""

    args: KubernetesArgs
    capacity: CapacityArgs
    environment: str
    clients: tuple[ClientArgs, ...] = ()
    images: ImagesArgs = field(default_factory=ImagesArgs)
    gpu: GpuArgs | None = None

    @property
    def namespace(self) -> str:
        """Where services live, under the restricted Pod Security level."""
        return self.args.namespace

    @property
    def node_namespace(self) -> str:
        """Where agents live that cannot meet that level."""
        return self.args.node_namespace

    @property
    def namespaces(self) -> tuple[str, str]:
        """Both. A peer is looked for in either, as an edge does not say where its service lives."""
        return self.namespace, self.node_namespace

    def namespace_of(self, spec: ServiceSpec) -> str:
        """Where ``spec`` lives."""
        return self.node_namespace if spec.privileged_reason else self.namespace
