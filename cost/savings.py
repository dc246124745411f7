"""What the guide's section "Reduce Costs" comes to in dollars.

Schedules and model sizes are worked out. What a cache or batching saves hangs on the traffic, so
those are formulas that take the user's own measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from .demand import HOURS
from .instances import instances
from .prices import ON_DEMAND
from .range import cents, decimal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .instances import Instance
    from .prices import Prices
    from .services import Service

OFFICE_HOURS = Decimal(5 * 13)
"""Hours of a week from Monday to Friday, 07:00 to 20:00."""
WEEK_HOURS = Decimal(7 * 24)


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """Another node type for a service: what its models may take, and dollars saved a month."""

    node_type: str
    gpu_memory: Decimal
    saving: Decimal


def hourly(service: Service, node: Instance, prices: Prices) -> Decimal | None:
    """Dollars an hour for one replica on ``node``; None when it does not fit or has no price."""
    price = prices.find(f"{ON_DEMAND}/{node.name}")
    share = node.share(cpu=decimal(service.cpu), memory=decimal(service.memory), gpus=service.gpus)
    return None if price is None or share is None or share > 1 else price.usd * share


def off_hours(service: Service, node: Instance, prices: Prices, *, keep: int) -> Decimal:
    """Dollars a month saved by ``keep`` replicas outside ``OFFICE_HOURS``; 0 when unknown."""
    each = hourly(service, node, prices)
    spared = max(service.replicas.expected - keep, Decimal(0))
    if each is None:
        return Decimal(0)
    return cents(spared * each * HOURS * (1 - OFFICE_HOURS / WEEK_HOURS))


def cheaper(
    service: Service, node: Instance, prices: Prices, *, models: Decimal
) -> Iterator[Alternative]:
    """Cheaper node types, the cheapest first within each of two kinds.

    First the cheapest type whose GPUs hold the ``models`` (GiB) of one replica, if it is not
    ``node``; then types that are cheaper still and would hold smaller models, each with more GPU
    memory than the one before it.
    """
    paid = hourly(service, node, prices)
    if paid is None:
        return
    options = sorted(
        (usd, -each.gpu_memory * service.gpus, each.name)
        for each in instances().values()
        if (usd := hourly(service, each, prices)) is not None and usd < paid
    )
    most = Decimal(0)
    smaller: list[Alternative] = []
    for usd, negative, name in options:
        memory = -negative
        found = Alternative(
            node_type=name,
            gpu_memory=memory,
            saving=cents((paid - usd) * service.replicas.expected * HOURS),
        )
        if memory >= models:
            yield found
            break
        if memory > most:
            most = memory
            smaller.append(found)
    yield from smaller


def by_cache(monthly: Decimal, hit_rate: Decimal) -> Decimal:
    """Saved of ``monthly`` when ``hit_rate`` (0 to 1) of the requests need no inference.

    True where the replicas follow the load; a fixed number of them costs the same idle.
    """
    return cents(monthly * hit_rate)


def by_batching(monthly: Decimal, gain: Decimal) -> Decimal:
    """Saved of ``monthly`` when a GPU answers ``gain`` (1 or more) times as many requests."""
    return cents(monthly * (1 - 1 / gain))
