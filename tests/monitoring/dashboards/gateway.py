"""What two gateways would count."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from components.gateway.metrics import DURATION, DURATION_BUCKETS_MS, ERRORS, REQUESTS
from tests.monitoring.dashboards.rollouts import WEIGHTS
from tests.monitoring.dashboards.shapes import always, counter, daily, gauge, since, times, wave

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.monitoring.dashboards.shapes import Series

INSTANCES = ("10.0.1.11:9901", "10.0.2.12:9901")
RATES = {"ollama": 1.6, "triton": 14.0, "faiss": 22.0}
MEDIAN_MS = {"ollama": 900.0, "triton": 45.0, "faiss": 12.0}
SPREAD = 0.8
ALL = 0.9995
"""Fewer requests than the rest are none at all: they come in whole numbers."""
CANARY_SLOWER = 1.25
ERROR_SHARES = {
    ("ollama", "stable"): {"timeout": 0.002, "silence": 0.001},
    ("ollama", "canary"): {"answer": 0.004},
    ("triton", "stable"): {"answer": 0.003},
    ("triton", "canary"): {"failover": 0.08},
    ("faiss", "stable"): {"overflow": 0.001},
}


def gateway() -> Iterator[Series]:
    """Every series that boards read."""
    for shift, instance in enumerate(INSTANCES):
        at = {"job": "gateway", "instance": instance}
        yield gauge("up", 1, **at)
        yield gauge("envoy_server_memory_physical_size", wave(1.6e8, 0.05), **at)
        yield counter("envoy_server_uptime", 1, **at)
        yield gauge("envoy_server_days_until_first_cert_expiring", 47, **at)
        yield gauge(
            "envoy_http_downstream_cx_active",
            wave(60 + 15 * shift, 0.3, shift=shift / 3),
            envoy_http_conn_manager_prefix="ingress",
            **at,
        )
        for service in RATES:
            yield from _routes(service, at)
        for service, track in ERROR_SHARES:
            yield from _cluster(service, track, at, shift / 5)


def _routes(service: str, at: dict[str, str]) -> Iterator[Series]:
    labels = {"envoy_http_conn_manager_prefix": service, "envoy_rds_route_config": service, **at}
    yield counter("envoy_http_rds_update_rejected", 0, **labels)
    yield counter("envoy_http_rds_update_failure", 0, **labels)
    canary = WEIGHTS.get((service, "canary"), always(0))
    written = since([(-0.5, 1)])
    yield gauge(
        "envoy_http_rds_version",
        lambda minute: 7919 * (canary(minute) or 0) + (written(minute) or 0),
        **labels,
    )


def _cluster(service: str, track: str, at: dict[str, str], shift: float) -> Iterator[Series]:
    labels = {
        "envoy_cluster_name": f"{service}_{track}", "service": service, "track": track, **at,
    }  # fmt: skip
    share = times(WEIGHTS[service, track], 0.01)
    rate = times(daily(RATES[service] / len(INSTANCES), shift), share)
    yield counter(REQUESTS, rate, **labels)
    for reason, part in ERROR_SHARES[service, track].items():
        code = {"envoy_response_code": "503"} if reason == "answer" else {}
        yield counter(
            ERRORS, times(rate, part, wave(1, 0.6, shift=shift)), reason=reason, **code, **labels
        )
    slower = CANARY_SLOWER if track == "canary" else 1.0
    own = {"served_by": "own", **labels}
    for bound in (*map(float, DURATION_BUCKETS_MS), math.inf):
        below = _share_below(bound, slower * MEDIAN_MS[service])
        le = "+Inf" if bound == math.inf else str(bound)
        yield counter(f"{DURATION}_bucket", times(rate, below), le=le, **own)
    yield gauge("envoy_cluster_upstream_rq_active", times(rate, 2.0), **labels)
    yield gauge("envoy_cluster_membership_healthy", 2 if track == "stable" else 1, **labels)


def _share_below(bound: float, median: float) -> float:
    if bound == math.inf:
        return 1
    share = 0.5 * (1 + math.erf(math.log(bound / median) / SPREAD / math.sqrt(2)))
    return 1 if share > ALL else share
