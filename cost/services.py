"""What services need of a cluster whose nodes belong to somebody else.

A service is charged the part of a node that it keeps from others. Room that nobody asks for is the
cluster's, and so are its control plane, its nodes' system and its network: each is listed as not
counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .demand import HOURS, Demand, Need, NotCounted
from .instances import instances
from .prices import ON_DEMAND
from .range import Range, decimal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from .instances import Instance

CLUSTER = "cluster"


@dataclass(frozen=True, kw_only=True)
class Storage:
    """A volume, kept whether or not a replica runs.

    ``shared``: several nodes mount it at once; ``on_efs``: what they mount is EFS.
    """

    name: str
    gibibytes: float
    shared: bool = False
    on_efs: bool = False

    @property
    def price(self) -> str:
        """The name of what a GiB of it costs a month."""
        if not self.shared:
            return "volume"
        return "efs/standard" if self.on_efs else "shared-volume"


@dataclass(frozen=True, kw_only=True)
class Service:
    """What one replica asks for (cores, GiB, GPUs), and how many run at a time.

    ``replicas`` is an average over the month, from schedules and limits. ``per_node``: a copy runs
    on every node. ``jobs``: names of one-shot runs.
    """

    name: str
    cpu: float
    memory: float
    gpus: int = 0
    replicas: Range
    volumes: tuple[Storage, ...] = ()
    jobs: tuple[str, ...] = ()
    per_node: bool = False
    load_balancer: bool = False


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """The instance types that services are priced by; None leaves them uncounted."""

    general: str | None = None
    gpu: str | None = None


def demand(services: Iterable[Service], nodes: Nodes) -> Demand:
    """What ``services`` need for a month on ``nodes`` of an existing cluster."""
    found = sum((_service(each, nodes) for each in services), Demand())
    return found + Demand(not_counted=tuple(_the_clusters_own()))


def node_of(service: Service, nodes: Nodes) -> Instance | None:
    """The instance type that a replica runs on, where one is named."""
    name = nodes.gpu if service.gpus else nodes.general
    return instances()[name] if name else None


def _service(service: Service, nodes: Nodes) -> Demand:
    compute = _compute(service, nodes)
    storage = [
        Need(
            subject=service.name,
            what=f"volume {each.name} ({each.gibibytes:g} GiB)",
            quantity=Range.exactly(each.gibibytes),
            any_of=(each.price,),
        )
        for each in service.volumes
    ]
    front = [
        Need(
            subject=service.name,
            what="load balancer",
            quantity=Range.exactly(HOURS),
            any_of=("load-balancer",),
        )
    ]
    jobs = tuple(
        NotCounted(subject=service.name, what=f"job {job}", reason="it runs and ends")
        for job in service.jobs
    )
    rest = Demand(needs=(*storage, *(front if service.load_balancer else ())), not_counted=jobs)
    return compute + rest


def _compute(service: Service, nodes: Nodes) -> Demand:
    if service.per_node:
        reason = "a copy runs on every node, and how many there are is not known"
        return _uncounted(service, reason)
    node = node_of(service, nodes)
    if node is None:
        setting = "gpu_node_type" if service.gpus else "node_type"
        return _uncounted(service, f"what its nodes are is not known; set cost.{setting}")
    cpu, memory = decimal(service.cpu), decimal(service.memory)
    share = node.share(cpu=cpu, memory=memory, gpus=service.gpus)
    if share is None:
        return _uncounted(service, f"it needs GPUs and {node.name} has none")
    need = Need(
        subject=service.name,
        what=f"{_count(service.replicas)} × {share:.3f} of {node.name}",
        quantity=service.replicas.times(share).times(HOURS),
        any_of=(f"{ON_DEMAND}/{node.name}",),
    )
    return Demand(needs=(need,), remarks=tuple(_fit(service, node)))


def _uncounted(service: Service, reason: str) -> Demand:
    return Demand(not_counted=(NotCounted(subject=service.name, what="compute", reason=reason),))


def _fit(service: Service, node: Instance) -> Iterator[str]:
    asked = {
        "CPU cores": (decimal(service.cpu), node.cpu),
        "GiB of memory": (decimal(service.memory), node.memory),
        "GPUs": (decimal(service.gpus), decimal(node.gpus)),
    }
    for what, (amount, there) in asked.items():
        if amount > there:
            yield (
                f"{service.name} asks for {_short(amount)} {what}; {node.name} offers pods "
                f"{_short(there)}, so it fits no such node"
            )


def _count(replicas: Range) -> str:
    least, most = _short(replicas.low), _short(replicas.high)
    return least if least == most else f"{least} to {most}"


def _short(number: Decimal) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _the_clusters_own() -> Iterator[NotCounted]:
    reason = "it belongs to the existing cluster"
    for what in ("control plane", "unused room and system of its nodes", "NAT and endpoints"):
        yield NotCounted(subject=CLUSTER, what=what, reason=reason)
    yield NotCounted(
        subject=CLUSTER, what="data transfer, requests and logs", reason="they follow the traffic"
    )
