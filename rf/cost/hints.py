"""The guide's "Reduce Costs" for one stack, in sentences with dollars a month."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from components.budget.monthly import services
from components.ollama import OllamaArgs
from components.platforms import KubernetesArgs
from cost import savings
from cost.demand import HOURS
from cost.services import node_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.budget.args import CostArgs
    from cost.services import Service
    from settings import Stack

OFFICE = "Monday to Friday, 07:00 to 20:00"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What users have measured of their traffic: a share of 1, and a factor of 1 or more."""

    hit_rate: Decimal | None = None
    batch_gain: Decimal | None = None


def work_out(stack: Stack, measured: Measured) -> Iterator[str]:
    """What would make the stack cheaper. Only GPU services of a cluster are worth a sentence."""
    target = stack.settings.target
    if not isinstance(target, KubernetesArgs):
        return
    args = stack.settings.cost
    on_gpus = [each for each in services(stack.specs, target) if each.gpus]
    scheduled = {spec.instance for spec in stack.specs if spec.scaling and spec.scaling.schedule}
    keep = 1 if stack.settings.environment == "production" else 0
    for service in on_gpus:
        if service.name not in scheduled:
            yield from _schedule(service, args, keep)
        models = _models(stack, service)
        if models is not None:
            yield from _node_types(service, args, models)
    yield from _traffic(sum((_spent(each, args) for each in on_gpus), Decimal(0)), measured)


def _schedule(service: Service, args: CostArgs, keep: int) -> Iterator[str]:
    node = node_of(service, args.nodes)
    if node is None:
        return
    saved = savings.off_hours(service, node, args.known_prices, keep=keep)
    if saved:
        left = "one replica" if keep else "none"
        yield f"{service.name}: {left} outside {OFFICE}, saves USD {saved:,.2f}"


def _node_types(service: Service, args: CostArgs, models: Decimal) -> Iterator[str]:
    node = node_of(service, args.nodes)
    if node is None:
        return
    for each in savings.cheaper(service, node, args.known_prices, models=models):
        holds = (
            f"holds its models of {models:.1f} GiB"
            if each.gpu_memory >= models
            else f"with models of at most {each.gpu_memory:.1f} GiB, which take {models:.1f}"
        )
        yield f"{service.name}: {each.node_type} {holds}, saves USD {each.saving:,.2f}"


def _models(stack: Stack, service: Service) -> Decimal | None:
    """GiB of GPU memory that the models of a replica need, where the settings say."""
    for entry in stack.entries:
        if entry.spec.instance == service.name and isinstance(entry.args, OllamaArgs):
            models = entry.args.models
            return Decimal(str(sum(model.vram(entry.args.num_parallel) for model in models)))
    return None


def _spent(service: Service, args: CostArgs) -> Decimal:
    node = node_of(service, args.nodes)
    each = savings.hourly(service, node, args.known_prices) if node else None
    return (each or Decimal(0)) * service.replicas.expected * HOURS


def _traffic(spent: Decimal, measured: Measured) -> Iterator[str]:
    if not spent:
        return
    context = f"of USD {spent:,.2f} for inference, where replicas follow the load"
    hit_rate, gain = measured.hit_rate, measured.batch_gain
    if hit_rate is None:
        formula = "a cache: saves hit rate × cost"
        yield f"{formula}, {context}; give your own as --hit-rate PERCENT"
    else:
        saved = f"saves USD {savings.by_cache(spent, hit_rate):,.2f}"
        yield f"a cache that answers {float(hit_rate) * 100:g} %: {saved} {context}"
    if gain is None:
        formula = "batching: saves (1 - 1 / gain) × cost"
        yield f"{formula}, {context}; give your own as --batch-gain FACTOR"
    else:
        saved = f"saves USD {savings.by_batching(spent, gain):,.2f}"
        yield f"{float(gain):g} × requests by batching: {saved} {context}"
