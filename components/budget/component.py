"""The estimate as a component, so that previews show what a change costs and policies judge it."""

from collections.abc import Iterable
from typing import Any

import pulumi

from cost.estimate import Estimate

from ..platforms import Target
from ..spec import ServiceSpec
from .args import CostArgs
from .monthly import UNBILLED, monthly


class Estimated(pulumi.ComponentResource):
    """Nothing runs for it: its inputs are plain numbers in US dollars a month."""

    estimate_usd: pulumi.Output[dict[str, float]]
    """``low``, ``expected`` and ``high``; empty for a machine, which nobody bills."""

    def __init__(
        self,
        name: str,
        found: Estimate | None,
        budget: float | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        known = inputs(found, budget)
        super().__init__("researchflow:index:Budget", name, known, opts)
        self.estimate_usd = pulumi.Output.from_input(known.get("estimateUsd", {}))
        self.register_outputs({"estimateUsd": self.estimate_usd})


class Budget(Estimated):
    """The estimate and the budget of a stack of services."""

    def __init__(
        self,
        name: str,
        args: CostArgs,
        *,
        specs: Iterable[ServiceSpec],
        target: Target,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, monthly(args, specs, target), args.budget, opts)


def inputs(found: Estimate | None, budget: float | None) -> dict[str, Any]:
    """The facts that policies judge a stack's cost by. Without a budget, there is no such key."""
    limit = {} if budget is None else {"monthlyUsd": budget}
    if found is None:
        return {**limit, "notCounted": [UNBILLED]}
    total = found.total
    return {
        **limit,
        "region": found.region,
        # The oldest and the newest day.
        "pricesOf": [day.isoformat() for day in found.prices_of[:1] + found.prices_of[1:][-1:]],
        "estimateUsd": {
            "low": float(total.low),
            "expected": float(total.expected),
            "high": float(total.high),
        },
        "expectedUsd": {name: float(usd.expected) for name, usd in found.by_subject.items()},
        "notCounted": [f"{each.subject}: {each.what}, {each.reason}" for each in found.not_counted],
    }
