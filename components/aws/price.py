"""What an infrastructure costs a month, as far as its settings say. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING

from cost.estimate import Estimate, estimate
from cost.infrastructure import Infrastructure as Priced
from cost.infrastructure import Pool, demand
from cost.instances import instances
from cost.prices import DEFAULT_REGION, Prices, regions
from cost.range import Range

from ..budget.args import own_prices
from .cidr import INTERFACES, ZONES

if TYPE_CHECKING:
    from infrastructure import Infrastructure

    from .args import PoolArgs

KEYS = 2
"""Of the cluster, and of its data."""
SHARED = (
    "services' stacks count the shares of these nodes that they take: do not add both estimates up"
)


def monthly(settings: Infrastructure) -> Estimate:
    """The estimate, with prices of another region where there is no table for this one."""
    region = settings.region if settings.region in regions() else DEFAULT_REGION
    found = demand(priced(settings))
    remarks = [SHARED]
    if region != settings.region:
        remarks.append(f"there is no price table for {settings.region}: prices of {region}")
    prices = Prices.load(region, own_prices(settings.cost.prices))
    return estimate(replace(found, remarks=(*found.remarks, *remarks)), prices)


def priced(settings: Infrastructure) -> Priced:
    """What is paid for whether or not it is used. Load balancers are the services'."""
    nats = ZONES if settings.network.nat_gateways == "each_zone" else 1
    return Priced(
        pools=tuple(_pool(name, args) for name, args in settings.pools.items()),
        nat_gateways=nats,
        endpoints=len(INTERFACES) * ZONES,
        shared_files=settings.storage.shared,
        keys=KEYS,
    )


def _pool(name: str, args: PoolArgs) -> Pool:
    most = most_nodes(args)
    usual = min(args.usual_nodes, most)
    return Pool(
        name=name,
        instance_types=types(args),
        nodes=Range.between(0, usual, most),
        spot="spot" in args.capacity,
        disk=args.disk,
    )


def types(args: PoolArgs) -> tuple[str, ...]:
    """The types of a pool; of a family those that the tables know, and its name where none."""
    if args.instance_types:
        return args.instance_types
    families = tuple(f"{family}." for family in args.families)
    known = tuple(each for each in instances() if each.startswith(families))
    return known or args.families


def most_nodes(args: PoolArgs) -> int:
    """As many nodes as a pool may have: Karpenter makes none that would go over a limit.

    Nodes of the smallest type count; one whose size is not known has a core, a GiB and a GPU.
    """
    found = [instances()[each] for each in types(args) if each in instances()]
    sizes = (
        (args.gpus, min((Decimal(each.gpus) for each in found if each.gpus), default=1)),
        # A part of the last core is the system's.
        (args.cpus, min((ceil(each.cpu) for each in found), default=1)),
        (args.memory, min((each.memory for each in found), default=1)),
    )
    return min(int(Decimal(str(most)) // size) for most, size in sizes if most is not None)
