"""The monthly estimate of the services of a stack."""

from collections.abc import Iterable

from cost.estimate import Estimate, estimate
from cost.range import Range
from cost.services import Service, Storage, demand

from ..platforms import DockerArgs, KubernetesArgs, Target
from ..spec import ServiceSpec
from ..storage_classes import FILES
from .args import CostArgs

UNBILLED = "runs on this machine: not counted"


def monthly(args: CostArgs, specs: Iterable[ServiceSpec], target: Target) -> Estimate | None:
    """What ``specs`` cost a month on ``target``; None for a machine, which nobody bills."""
    if isinstance(target, DockerArgs):
        return None
    return estimate(demand(services(specs, target), args.nodes), args.known_prices)


def services(specs: Iterable[ServiceSpec], target: KubernetesArgs) -> tuple[Service, ...]:
    """``specs`` as they are priced."""
    exposed, on_efs = target.exposure != "cluster", target.class_of(shared=True) == FILES
    return tuple(_service(spec, exposed=exposed, on_efs=on_efs) for spec in specs)


def _service(spec: ServiceSpec, *, exposed: bool, on_efs: bool) -> Service:
    return Service(
        name=spec.instance,
        cpu=spec.needs.cpu,
        memory=spec.needs.memory,
        # An agent that watches GPUs claims none.
        gpus=0 if spec.per_node else spec.resources.gpus,
        replicas=replicas(spec),
        volumes=tuple(
            Storage(name=volume.name, gibibytes=volume.size, shared=volume.shared, on_efs=on_efs)
            for volume in spec.volumes
        ),
        jobs=tuple(job.name for job in spec.runs),
        per_node=spec.per_node,
        load_balancer=exposed and spec.front_door,
    )


def replicas(spec: ServiceSpec) -> Range:
    """Replicas on average over a month.

    At least what the clock, or the least, comes to; at most the peak all month, as in an incident
    that outlasts it. What a load comes to nobody knows before: what the service starts with is
    taken to be what it usually needs.
    """
    scaling = spec.scaling
    if scaling is None:
        return Range.exactly(spec.replicas)
    least = float(scaling.schedule.mean) if scaling.schedule else scaling.least
    usual = max(least, spec.replicas) if scaling.load else least
    return Range.between(least, usual, spec.most)
