"""What a spec may not ask of a cluster. A mistake here is one in a service, not in a setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...spec import ServiceSpec
    from ...spec.network import Edge
    from .cluster import Cluster


def check(spec: ServiceSpec, callers: Iterable[Edge], cluster: Cluster) -> None:
    """ValueError that lists all that is wrong with ``spec``."""
    found = [
        *_privileges(spec),
        *_placement(spec, cluster),
        *_scaling(spec, cluster),
        *_callers(spec, callers),
    ]
    if found:
        message = "\n".join(f"{spec.instance} {problem}" for problem in found)
        raise ValueError(message)


def _privileges(spec: ServiceSpec) -> Iterator[str]:
    """Whatever the restricted level refuses needs a reason."""
    if spec.privileged_reason:
        return
    asked = {
        "runs as root": spec.user == 0,
        "mounts the host": bool(spec.host_mounts),
        "shares the host's process IDs": spec.host_pid,
        f"adds capabilities {', '.join(spec.capabilities)}": bool(spec.capabilities),
    }
    for what, wanted in asked.items():
        if wanted:
            yield f"{what}; give it a privileged_reason, or do without"


def _placement(spec: ServiceSpec, cluster: Cluster) -> Iterator[str]:
    if spec.resources.gpus and not cluster.gpu:
        yield f"asks for {spec.resources.gpus} GPUs, but there is no GPU pool; set gpu"
    for volume in spec.volumes:
        if spec.most > 1 and not volume.shared:
            yield (
                f"has {spec.most} replicas, but its volume {volume.name} can be mounted on one "
                "node only; make the volume shared, or replicas 1"
            )


def _scaling(spec: ServiceSpec, cluster: Cluster) -> Iterator[str]:
    if spec.scaling is not None and cluster.args.keda is None:
        yield "asks to be scaled, but the cluster has no KEDA; set target.keda"


def _callers(spec: ServiceSpec, callers: Iterable[Edge]) -> Iterator[str]:
    ports = [port.number for port in spec.all_ports]
    for caller in callers:
        if caller.port not in ports:
            yield f"is called by {caller.service} on port {caller.port}, but listens on {ports}"
