"""The monthly estimate of the services of a stack."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from cost.estimate import Estimate, estimate
from cost.range import Range
from cost.services import Service, Storage, demand

from ..platforms import DockerArgs, KubernetesArgs, Target
from ..schedules import ScheduleArgs
from ..spec import ServiceSpec
from .args import CostArgs

Schedules = Mapping[str, ScheduleArgs]
"""Schedules by the name of the instance that they scale."""
NONE: Schedules = MappingProxyType({})

UNBILLED = "runs on this machine: not counted"


def monthly(
    args: CostArgs, specs: Iterable[ServiceSpec], target: Target, schedules: Schedules = NONE
) -> Estimate | None:
    """What ``specs`` cost a month on ``target``; None for a machine, which nobody bills."""
    if isinstance(target, DockerArgs):
        return None
    return estimate(demand(services(specs, target, schedules), args.nodes), args.known_prices)


def services(
    specs: Iterable[ServiceSpec], target: KubernetesArgs, schedules: Schedules = NONE
) -> tuple[Service, ...]:
    """``specs`` as they are priced."""
    exposed = target.exposure != "cluster"
    return tuple(_service(spec, schedules.get(spec.instance), exposed=exposed) for spec in specs)


def _service(spec: ServiceSpec, schedule: ScheduleArgs | None, *, exposed: bool) -> Service:
    return Service(
        name=spec.instance,
        cpu=spec.resources.cpu,
        memory=spec.resources.memory,
        # An agent that watches GPUs claims none.
        gpus=0 if spec.per_node else spec.resources.gpus,
        replicas=by_the_clock(schedule) if schedule else Range.exactly(spec.replicas),
        volumes=tuple(
            Storage(name=volume.name, gibibytes=volume.size, shared=volume.shared)
            for volume in spec.volumes
        ),
        jobs=tuple(job.name for job in spec.jobs),
        per_node=spec.per_node,
        load_balancer=exposed and spec.front_door,
    )


def by_the_clock(schedule: ScheduleArgs) -> Range:
    """Replicas on average. At most the peak all month, as in an incident that outlasts it."""
    mean = float(schedule.mean)
    return Range.between(mean, mean, schedule.peak)
