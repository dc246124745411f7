"""What a gateway's statistics say, as the evidence counts it. Pure: text in, counts out."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from components.gateway.arms import arm_counts
from components.gateway.metrics import DURATION_BUCKETS_MS, SERIES, counts

from .core import Counts, Pod, Poll

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.gateway import metrics

STATISTICS = "/stats/prometheus?text_readouts"
"""With the texts among the statistics, the versions of the route files."""

Track = Literal["stable", "canary"]
Scrapes = dict[str, str]
"""Statistics by gateway."""

_VERSION = re.compile(
    r'^envoy_http_rds_version_text\{(?=[^}]*envoy_rds_route_config="([^"]*)")'
    r'(?=[^}]*text_value="([^"]*)")',
    re.MULTILINE,
)
_REJECTED = re.compile(
    r'^envoy_http_rds_update_(?:failure|rejected)\{[^}]*envoy_rds_route_config="([^"]*)"[^}]*\}'
    r" (\d+)$",
    re.MULTILINE,
)
_MEMBERS = re.compile(
    r'^envoy_cluster_membership_(healthy|total)\{[^}]*envoy_cluster_name="([^"]*)"[^}]*\} (\d+)$',
    re.MULTILINE,
)


_REQUESTS = re.compile(rf"^({SERIES[0].native}\{{[^}}]*\}}) ", re.MULTILINE)


@lru_cache(maxsize=8)
def _counted(text: str) -> Mapping[tuple[str, str], metrics.Counts]:
    return counts(text)


def fault(scrapes: Mapping[str, str]) -> str:
    """Why the counts in ``scrapes`` cannot be trusted; empty where they can.

    What is missing or is no number would otherwise be taken for a version that is slow or down.
    """
    if not scrapes:
        return "no gateway is running"
    found = ((gateway, _fault(text)) for gateway, text in scrapes.items())
    return "; ".join(f"{gateway}: {reason}" for gateway, reason in found if reason)


def _fault(text: str) -> str:
    if not _MEMBERS.search(text):
        return "the statistics say nothing of any version"
    doubled = [series for series, times in Counter(_REQUESTS.findall(text)).items() if times > 1]
    if doubled:
        return f"{doubled[0]} is there twice"
    try:
        counted = _counted(text)
    except (ValueError, OverflowError):
        return "a count is no whole number"
    for (service, track), each in counted.items():
        missing = sorted(set(DURATION_BUCKETS_MS) - set(each.within)) if each.measured else []
        if missing:
            bounds = ", ".join(map(str, missing))
            return f"the durations of {service}'s {track} have no bucket at {bounds} ms"
    return ""


def version_poll(scrapes: Mapping[str, str], service: str, at: float, candidate: Track) -> Poll:
    """The two versions of ``service``, ``candidate`` of them under judgement."""
    control: Track = "stable" if candidate == "canary" else "canary"
    pods = {}
    for gateway, text in scrapes.items():
        counted = _counted(text)
        pods[gateway] = Pod(
            candidate=_counts(counted.get((service, candidate))),
            control=_counts(counted.get((service, control))),
        )
    return Poll(at=at, pods=pods)


def arms_poll(scrapes: Mapping[str, str], service: str, feature: str, at: float) -> Poll:
    """The requests of ``service`` that say whether their user has ``feature``, by that."""
    pods = {}
    for gateway, text in scrapes.items():
        booked = arm_counts(text)
        pods[gateway] = Pod(
            candidate=_counts(booked.get((service, feature, "on"))),
            control=_counts(booked.get((service, feature, "off"))),
        )
    return Poll(at=at, pods=pods)


def feature_poll(scrapes: Mapping[str, str], service: str, at: float) -> Poll:
    """All requests of ``service``, whether their users have the feature or not."""
    pods = {}
    for gateway, text in scrapes.items():
        counted = _counted(text)
        both = _counts(counted.get((service, "stable"))) + _counts(counted.get((service, "canary")))
        pods[gateway] = Pod(candidate=both)
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


def instances(scrapes: Mapping[str, str], service: str, track: Track) -> tuple[int, int]:
    """Instances of a version that are up, and all of them, as the gateway that sees most sees it.

    A canary's cluster also leads to stable's servers, which are taken off.
    """
    seen = [_instances(text, service, track) for text in scrapes.values()]
    return max((up for up, _ in seen), default=0), max((every for _, every in seen), default=0)


def _instances(text: str, service: str, track: Track) -> tuple[int, int]:
    members: Counter[tuple[str, str]] = Counter()
    for kind, cluster, number in _MEMBERS.findall(text):
        members[kind, cluster] = int(number)
    mine, others = f"{service}_{track}", f"{service}_stable" if track == "canary" else ""
    up, every = (
        max(0, members[kind, mine] - members[kind, others]) for kind in ("healthy", "total")
    )
    return up, every


def served(scrapes: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """``version_info`` of the route file that each gateway serves, by gateway and service."""
    return {gateway: dict(_VERSION.findall(text)) for gateway, text in scrapes.items()}


def refused(scrapes: Mapping[str, str]) -> dict[str, int]:
    """How many route files the gateways have refused, by service."""
    found: Counter[str] = Counter()
    for text in scrapes.values():
        for service, number in _REJECTED.findall(text):
            found[service] += int(number)
    return dict(found)
