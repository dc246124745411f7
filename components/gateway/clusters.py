"""The upstream side: one cluster for each service and track.

Every cluster leads to the version's own servers first. A canary's leads to stable's as well, with
the next priority: requests go there when no own server is healthy, and a connection that fails is
tried again there (``routes.retries``). All of it is booked on the canary's cluster, the zone of the
endpoint that served says whose answer it was (``metrics.py``, docs/decisions/0004).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ..internal_tls.names import LOCAL
from ..spec import ServiceSpec
from ..spec.health import HttpCheck
from .metrics import ANSWERED_HEADER, OWN, STABLE
from .names import cluster_name
from .upstream_tls import transport_socket

V3 = "type.googleapis.com/envoy.extensions"
OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
IDLE_TIMEOUT = "5s"
"""How long a connection to a server is kept for the next request.

Shorter than any server keeps it, or else a request may meet a connection that is being closed. And
a Triton that stops waits for every open connection, idle or not, until its exit timeout ends.
"""
BUFFER_BYTES = 32 * 1024
"""Of one connection. What a slow client has not taken yet is held back, not collected here."""

LEAST_REQUEST: Mapping[str, Any] = MappingProxyType(
    # Of two picks at random, Envoy's default, both are the busy one of two servers every fourth
    # time.
    {"lb_policy": "LEAST_REQUEST", "least_request_lb_config": {"choice_count": 10}}
)
BALANCING: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"faiss": MappingProxyType({"lb_policy": "ROUND_ROBIN"})}
)
"""Where requests are alike, turns are fair and cheap. LLM and model requests differ in length a
thousandfold: there, turns would queue behind long ones, and so they may at an unknown service."""


LEAVING: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {"ollama": MappingProxyType({"ignore_health_on_host_removal": True})}
)
"""Who gets no more requests once its name no longer leads to it, well or not.

Others tell the health check that they are stopping, and stay for as long as it passes, so that a
name server's bad minute costs nothing. Ollama is well until it is gone.
"""


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """A version, where its requests go when it cannot serve, and how many at once it may get."""

    spec: ServiceSpec
    fallback: ServiceSpec | None
    max_active: int


def backend_cluster(upstream: Upstream) -> dict[str, Any]:
    """One service and track; every address its DNS name gives is an endpoint."""
    spec, fallback = upstream.spec, upstream.fallback
    name = cluster_name(spec)
    tls = spec.port("http").tls
    endpoints = [locality(spec, OWN, priority=0)]
    if fallback is not None:
        endpoints.append(locality(fallback, STABLE, priority=1))
    return {
        "name": name,
        "type": "STRICT_DNS",
        "dns_lookup_family": "V4_PREFERRED",
        "typed_dns_resolver_config": impatient_resolver(),
        "connect_timeout": "2s",
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "typed_extension_protocol_options": {OPTIONS: http_options()},
        **({"transport_socket": transport_socket(tls)} if tls else {}),
        **BALANCING.get(spec.name, LEAST_REQUEST),
        "common_lb_config": {
            # Where all seem dead, trying them all the same would hide it from the fallback.
            "healthy_panic_threshold": {"value": 0},
            # A server that leaves is used no more at once, not at the end of a second.
            "update_merge_window": "0s",
        },
        **LEAVING.get(spec.name, {}),
        "health_checks": [health_check(spec)],
        "outlier_detection": outlier_detection(fallback),
        "circuit_breakers": {"thresholds": [breaker(upstream.max_active)]},
        "load_assignment": {
            "cluster_name": name,
            "endpoints": endpoints,
            # Requests leave the version only when it has no healthy server at all, not in
            # proportion to how many it lost (Envoy's factor of 140 per cent).
            "policy": {"overprovisioning_factor": 100_000},
        },
    }


def locality(spec: ServiceSpec, zone: str, *, priority: int) -> dict[str, Any]:
    """The servers of ``spec``; ``zone`` becomes ``served_by`` in what is counted."""
    socket = {"address": spec.instance, "port_value": spec.port("http").number}
    return {
        "locality": {"zone": zone},
        "priority": priority,
        "lb_endpoints": [{"endpoint": {"address": {"socket_address": socket}}}],
    }


def health_check(spec: ServiceSpec) -> dict[str, Any]:
    """What the spec says of readiness, asked from here; a connection where it says no path.

    Two misses in a row, each after three seconds, for a server that works hard answers late. One
    answer brings it back.
    """
    check = spec.health.ready
    timing = {
        "timeout": "3s",
        "interval": "3s",
        "interval_jitter": "0.5s",
        "unhealthy_interval": "1s",
        # Of its own accord Envoy asks only once a minute while there is no traffic.
        "no_traffic_interval": "1s",
        "no_traffic_healthy_interval": "3s",
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
    }
    port = spec.port("http")
    if isinstance(check, HttpCheck) and check.port == port.number:
        host = {"host": LOCAL} if port.inside else {}
        return {**timing, "http_health_check": {"path": check.path, **host}}
    return {**timing, "tcp_health_check": {}}


def outlier_detection(fallback: ServiceSpec | None) -> dict[str, Any]:
    """A server leaves after three answers in a row that a gateway would give (502, 503, 504).

    With Envoy's defaults a version with one server never loses it: 60 of 60 requests failed, with
    these 3 did and 57 were served by stable (measured). Closed connections count like answers.
    """
    return {
        "interval": "5s",
        "consecutive_gateway_failure": 3,
        "enforcing_consecutive_gateway_failure": 100,
        "enforcing_consecutive_5xx": 0,
        "enforcing_success_rate": 0,
        "base_ejection_time": "30s",
        "max_ejection_time": "300s",
        "max_ejection_percent": 100,
        "always_eject_one_host": True,
        **(LAST_RESORT if fallback is None else REPLACEABLE),
    }


LAST_RESORT: Mapping[str, Any] = MappingProxyType(
    # Nobody could serve instead: an absent server is no better than one that is sometimes busy.
    {"successful_active_health_check_uneject_host": True, "enforcing_failure_percentage": 0}
)
REPLACEABLE: Mapping[str, Any] = MappingProxyType(
    {
        # Health checks that pass are no proof against requests that fail.
        "successful_active_health_check_uneject_host": False,
        # Answers that break off, and 500s, are never three in a row for Envoy. It takes one that
        # breaks off for a success and a failure: half of the requests is all of them.
        "enforcing_failure_percentage": 100,
        "failure_percentage_threshold": 45,
        "failure_percentage_minimum_hosts": 1,
        "failure_percentage_request_volume": 5,
    }
)


def breaker(max_active: int) -> dict[str, Any]:
    """At most ``max_active`` requests at once; more are refused at once with 503.

    HTTP/1.1 takes a connection for each. Another try is a matter of failed connections only, and
    when a version dies all of its requests need one.
    """
    return {
        "max_connections": max_active,
        "max_pending_requests": max_active,
        "max_requests": max_active,
        "max_retries": max_active,
        "track_remaining": True,
    }


def impatient_resolver() -> dict[str, Any]:
    """DNS that gives up after seconds.

    Envoy opens no listener before every name was looked up once. Docker leaves questions for names
    that do not exist yet unanswered, and Envoy's own patience is some 20 s.
    """
    return {
        "name": "envoy.network.dns_resolver.cares",
        "typed_config": {
            "@type": f"{V3}.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
            "query_timeout_seconds": 1,
            "query_tries": 2,
        },
    }


def http_options() -> dict[str, Any]:
    """HTTP/1.1 to a server, on connections that do not idle for long; answers get their mark."""
    mark = {
        "header": {"key": ANSWERED_HEADER, "value": "true"},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }
    return {
        "@type": f"type.googleapis.com/{OPTIONS}",
        "common_http_protocol_options": {"idle_timeout": IDLE_TIMEOUT},
        "explicit_http_config": {"http_protocol_options": {}},
        "http_filters": [
            {
                "name": "envoy.filters.http.header_mutation",
                "typed_config": {
                    "@type": f"{V3}.filters.http.header_mutation.v3.HeaderMutation",
                    "mutations": {"response_mutations": [{"append": mark}]},
                },
            },
            {
                "name": "envoy.filters.http.upstream_codec",
                "typed_config": {"@type": f"{V3}.filters.http.upstream_codec.v3.UpstreamCodec"},
            },
        ],
    }


def admin_cluster(port: int) -> dict[str, Any]:
    """This Envoy's own admin interface."""
    socket = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    return {
        "name": "admin",
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": "admin",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket}}]}],
        },
    }
