"""What the gateways' statistics say together, as the evidence counts it. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from components.gateway.metrics import DURATION_BUCKETS_MS

from .core import Counts, Pod, Poll
from .statistics import Statistics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.gateway import metrics
    from components.spec import Track

    Readings = Mapping[str, Statistics]
    """By gateway."""

STATISTICS = "/stats/prometheus?text_readouts"
"""With the texts among the statistics, the versions of the route files."""


def read(scrapes: Mapping[str, str]) -> Readings:
    """The answers of the gateways to ``STATISTICS``."""
    return {gateway: Statistics(text) for gateway, text in scrapes.items()}


def fault(found: Readings) -> str:
    """Why the counts in ``found`` cannot be trusted; empty where they can."""
    if not found:
        return "no gateway is running"
    faults = ((gateway, each.fault) for gateway, each in found.items())
    return "; ".join(f"{gateway}: {reason}" for gateway, reason in faults if reason)


def version_poll(found: Readings, service: str, at: float, candidate: Track) -> Poll:
    """The two versions of ``service``, ``candidate`` of them under judgement."""
    control: Track = "stable" if candidate == "canary" else "canary"
    pods = {
        gateway: Pod(
            candidate=_counts(each.counted.get((service, candidate))),
            control=_counts(each.counted.get((service, control))),
        )
        for gateway, each in found.items()
    }
    return Poll(at=at, pods=pods)


def arms_poll(found: Readings, service: str, feature: str, at: float) -> Poll:
    """The requests of ``service`` that say whether their user has ``feature``, by that."""
    pods = {
        gateway: Pod(
            candidate=_counts(each.booked.get((service, feature, "on"))),
            control=_counts(each.booked.get((service, feature, "off"))),
        )
        for gateway, each in found.items()
    }
    return Poll(at=at, pods=pods)


def feature_poll(found: Readings, service: str, at: float) -> Poll:
    """All requests of ``service``, whether their users have the feature or not."""
    pods = {
        gateway: Pod(
            candidate=_counts(each.counted.get((service, "stable")))
            + _counts(each.counted.get((service, "canary")))
        )
        for gateway, each in found.items()
    }
    return Poll(at=at, pods=pods)


def _counts(found: metrics.Counts | None) -> Counts:
    if found is None:
        return Counts(durations=(0,) * (len(DURATION_BUCKETS_MS) + 1))
    within = (min(found.within.get(bound, 0), found.measured) for bound in DURATION_BUCKETS_MS)
    return Counts(
        requests=found.requests,
        errors=max(0, found.failed - found.failovers),
        failovers=min(found.failed, found.failovers),
        durations=(*within, found.measured),
    )


def instances(found: Readings, service: str, track: Track) -> tuple[int, int]:
    """Instances of a version that are up, and all of them, where a gateway sees most."""
    seen = [each.instances(service, track) for each in found.values()]
    return max((up for up, _ in seen), default=0), max((every for _, every in seen), default=0)


def refused(found: Readings) -> Mapping[str, int]:
    """How many route files the gateways have refused, by service."""
    return sum((each.refused for each in found.values()), Counter())
