"""The arms of a feature: requests of users who have it, and of those who have not.

Who has a feature is decided where its flag is evaluated, in the client's own code. A client that
sends ``x-researchflow-feature-<name>: on`` or ``off`` with its requests (``header``) lets the
gateway book the two arms apart, in Envoy's virtual clusters. A request is booked once, so there is
one virtual cluster for every combination of the features that a service serves.

What a virtual cluster sees is the status and the duration of answers. A stream that breaks after
its headers is no failure there; it is one of the version (``metrics.counts``).
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from .metrics import Counts, samples

ARMS = ("on", "off")
FAILED = re.compile("5..")
_BOOKED = "envoy_vhost_vcluster_upstream_rq"


def header(feature: str) -> str:
    """The request header that says whether its user has ``feature``: ``on`` or ``off``."""
    return f"x-researchflow-feature-{feature.replace('_', '-')}"


def virtual_clusters(
    service: str, feature_services: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """Every combination of arms of the features that ``service`` serves; most headers first.

    ``feature_services``: the services of each feature. Envoy takes the first that matches.
    """
    features = sorted(name for name, services in feature_services.items() if service in services)
    combinations = itertools.product((*ARMS, None), repeat=len(features))
    found = [
        [(feature, arm) for feature, arm in zip(features, arms, strict=True) if arm is not None]
        for arms in combinations
    ]
    return [
        {
            "name": "+".join(f"{feature}-{arm}" for feature, arm in arms),
            "headers": [
                {"name": header(feature), "string_match": {"exact": arm}} for feature, arm in arms
            ],
        }
        for arms in sorted(found, key=len, reverse=True)
        if arms
    ]


def arm_counts(text: str) -> dict[tuple[str, str, str], Counts]:
    """What one gateway's ``/stats/prometheus`` booked, by service, feature and arm."""
    booked: defaultdict[tuple[str, str, str], Counts] = defaultdict(Counts)
    for native, labels, value in samples(text):
        if not native.startswith(_BOOKED):
            continue
        for part in labels.get("envoy_virtual_cluster", "").split("+"):
            feature, _, arm = part.rpartition("-")
            if arm in ARMS:
                key = (labels["envoy_virtual_host"], feature, arm)
                booked[key] += _count(native.removeprefix(_BOOKED), labels, int(float(value)))
    return dict(booked)


def _count(kind: str, labels: Mapping[str, str], number: int) -> Counts:
    match kind:
        case "" if FAILED.fullmatch(labels.get("envoy_response_code", "")):
            return Counts(requests=number, errors={"answer": number})
        case "":
            return Counts(requests=number)
        case "_time_count":
            return Counts(measured=number)
        case "_time_bucket" if labels["le"] != "+Inf":
            return Counts(within={int(float(labels["le"])): number})
        case _:
            return Counts()
