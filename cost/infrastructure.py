"""What a cluster that the program creates needs, whatever runs on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .demand import HOURS, Demand, Need, NotCounted
from .prices import AUTO_MODE, ON_DEMAND, SPOT
from .range import Range

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Nodes of one of ``instance_types``, whichever the provisioner takes.

    ``nodes`` is an average over the month: as few as run at all times, as many as are expected, as
    many as the pool's limit allows. ``spot``: spot nodes are taken where there are any, and nodes
    on demand otherwise. ``disk``: GiB of each node. ``auto_mode``: EKS runs the nodes, for a fee.
    """

    name: str
    instance_types: tuple[str, ...]
    nodes: Range
    spot: bool = False
    auto_mode: bool = True
    disk: float = 0


@dataclass(frozen=True, kw_only=True)
class Infrastructure:
    """A cluster, its network and its pools."""

    pools: tuple[Pool, ...] = ()
    control_planes: int = 1
    nat_gateways: int = 0
    endpoints: int = 0
    """Interface endpoints, one counted for each zone that it is in."""
    load_balancers: int = 0
    shared_files: bool = False
    """Whether there is a file system for volumes of several nodes."""
    keys: int = 0
    """Customer managed KMS keys."""


def demand(infrastructure: Infrastructure) -> Demand:
    """What ``infrastructure`` needs for a month."""
    needs = (
        *(need for pool in infrastructure.pools for need in _pool(pool)),
        *_running(infrastructure),
    )
    usage = [
        NotCounted(
            subject="network",
            what="data transfer, NAT traffic, requests, logs and buckets",
            reason="they follow the traffic",
        )
    ]
    if infrastructure.shared_files:
        usage.append(
            NotCounted(
                subject="shared files",
                what="what is stored, read and backed up",
                reason="services' stacks count their shared volumes, by the price efs/standard",
            )
        )
    return Demand(needs=needs, not_counted=tuple(usage))


def _pool(pool: Pool) -> Iterator[Need]:
    hours = pool.nodes.times(HOURS)
    subject, types = f"pool {pool.name}", pool.instance_types
    named = " or ".join(types)
    on_demand = tuple(f"{ON_DEMAND}/{each}" for each in types)
    spot = tuple(f"{SPOT}/{each}" for each in types)
    yield Need(
        subject=subject,
        what=f"{named}, spot" if pool.spot else f"{named}, on demand",
        quantity=hours,
        any_of=spot if pool.spot else on_demand,
        at_most=on_demand if pool.spot else (),
    )
    if pool.auto_mode:
        yield Need(
            subject=subject,
            what=f"EKS Auto Mode's fee for {named}",
            quantity=hours,
            any_of=tuple(f"{AUTO_MODE}/{each}" for each in types),
        )
    if pool.disk:
        yield Need(
            subject=subject,
            what=f"disks of {pool.disk:g} GiB",
            quantity=pool.nodes.times(pool.disk),
            any_of=("volume",),
        )


def _running(infrastructure: Infrastructure) -> Iterator[Need]:
    running = (
        ("cluster", "control plane", "control-plane", infrastructure.control_planes, HOURS),
        ("cluster", "encryption keys", "key", infrastructure.keys, 1),
        ("network", "NAT gateways", "nat-gateway", infrastructure.nat_gateways, HOURS),
        ("network", "interface endpoints", "endpoint", infrastructure.endpoints, HOURS),
        ("network", "load balancers", "load-balancer", infrastructure.load_balancers, HOURS),
    )
    for subject, what, price, number, a_month in running:
        if number:
            yield Need(
                subject=subject,
                what=what if number == 1 else f"{number} {what}",
                quantity=Range.exactly(number * a_month),
                any_of=(price,),
            )
