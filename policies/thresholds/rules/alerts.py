"""Alerts that are no weaker than those of the users' guide, section "Alert Rules"."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from policies.framework.resource import Resource
from policies.framework.rule import NoConfig, Rule, Severity
from policies.framework.values import Finding

Side = Literal["or less", "or more"]


@dataclass(frozen=True)
class Bound:
    """The weakest threshold, in the unit of the alert, and the longest duration in seconds."""

    threshold: float
    seconds: int
    side: Side = "or less"


GUIDE = {
    "HighInferenceLatency": Bound(5000, 120),
    "CriticalInferenceLatency": Bound(10_000, 60),
    "HighErrorRate": Bound(0.05, 300),
    "CriticalErrorRate": Bound(0.10, 60),
    "ServiceDown": Bound(1, 60, "or more"),
    "MemoryPressure": Bound(0.90, 300),
    "DiskSpaceLow": Bound(0.85, 600),
}
"""Latency in milliseconds, shares from 0 to 1. Written here again on purpose: a rule that read the
program's own numbers would agree with whatever they became."""


def bounds(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Each of the guide's alerts exists, as early and as soon as the guide has it."""
    for name, bound in GUIDE.items():
        alert = resource["alerts"][name]
        if alert.absent:
            yield alert.violation("must exist")
            continue
        yield from alert["threshold"].refuse_if(
            partial(_breaks, limit=bound.threshold, side=bound.side),
            f"must be {bound.threshold:g} {bound.side}",
        )
        yield from alert["forSeconds"].refuse_if(
            partial(_breaks, limit=bound.seconds, side="or less"),
            f"must be {bound.seconds} or less",
        )


def _breaks(value: object, *, limit: float, side: Side) -> bool:
    if not isinstance(value, int | float):
        return True
    return value > limit if side == "or less" else value < limit


RULES = (
    Rule(
        id="alerts/bounds",
        severity=Severity.HIGH,
        protects="users, whose trouble would be noticed later than was promised",
        fix="remove the threshold from services.prometheus.alerts, or set a stricter one",
        reference="guide, Alert Rules",
        kinds=("researchflow:index:Prometheus",),
        check=bounds,
    ),
)
