"""Envoy's static configuration: listeners, clusters, statistics, the admin interface."""

from typing import Any

from ..spec import ServiceSpec
from ..text import to_yaml
from .names import DURATION_BUCKETS_MS, cluster_name
from .routes import DIRECTORY, route_path

ADMIN_PORT = 9901
STATS_PORT = 9902
IDLE_TIMEOUT = "5s"
"""How long a connection to a server is kept for the next request.

Shorter than any server keeps it, or else a request may meet a connection that is being closed. And
a Triton that stops waits for every open connection, idle or not, until its exit timeout ends.
"""
V3 = "type.googleapis.com/envoy.extensions"
OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
HTTP = f"{V3}.filters.network.http_connection_manager.v3.HttpConnectionManager"


def bootstrap(backends: tuple[ServiceSpec, ...]) -> str:
    """The bootstrap file as YAML."""
    listeners = [service_listener(spec) for spec in backends]
    clusters = [backend_cluster(spec) for spec in backends]
    config = {
        # A route file as a config source is refused without a node.
        "node": {"id": "gateway", "cluster": "researchflow"},
        "admin": {"address": address("127.0.0.1", ADMIN_PORT)},
        "stats_config": {
            "histogram_bucket_settings": [
                {
                    "match": {"suffix": "upstream_rq_time"},
                    "buckets": [float(bound) for bound in DURATION_BUCKETS_MS],
                }
            ]
        },
        "static_resources": {
            "listeners": [*listeners, stats_listener()],
            "clusters": [*clusters, admin_cluster()],
        },
    }
    return to_yaml(config)


def address(host: str, port: int) -> dict[str, Any]:
    """A TCP address, as Envoy spells it."""
    return {"socket_address": {"address": host, "port_value": port}}


def listener(
    name: str, port: int, routes: dict[str, Any], filters: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """An HTTP listener on every address; ``filters`` run before the router."""
    manager = {
        "@type": HTTP,
        "stat_prefix": name,
        "codec_type": "AUTO",
        "stream_idle_timeout": "300s",
        "http_filters": [*(filters or []), router()],
        **routes,
    }
    chain = {
        "filters": [
            {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
        ]
    }
    return {"name": name, "address": address("0.0.0.0", port), "filter_chains": [chain]}


def router() -> dict[str, Any]:
    """The last filter of every chain."""
    return {
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": f"{V3}.filters.http.router.v3.Router"},
    }


def service_listener(spec: ServiceSpec) -> dict[str, Any]:
    """The service's own port of the guide, with routes from its watched file."""
    source = {
        "path_config_source": {
            "path": route_path(spec),
            # Watching the file itself misses a kubelet's symlink swap.
            "watched_directory": {"path": DIRECTORY},
        },
        "resource_api_version": "V3",
    }
    routes = {"rds": {"route_config_name": spec.name, "config_source": source}}
    return listener(spec.name, spec.port("http").number, routes)


def backend_cluster(spec: ServiceSpec) -> dict[str, Any]:
    """One service and track; every address its DNS name gives is an endpoint."""
    endpoint = {"endpoint": {"address": address(spec.instance, spec.port("http").number)}}
    name = cluster_name(spec)
    return {
        "name": name,
        "type": "STRICT_DNS",
        "dns_lookup_family": "V4_PREFERRED",
        "typed_dns_resolver_config": impatient_resolver(),
        "connect_timeout": "2s",
        "typed_extension_protocol_options": {OPTIONS: http_options()},
        # Requests differ in length a thousandfold: round robin would queue behind long ones.
        "lb_policy": "LEAST_REQUEST",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
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
    """HTTP/1.1 to a server, on connections that do not idle for long."""
    return {
        "@type": f"type.googleapis.com/{OPTIONS}",
        "common_http_protocol_options": {"idle_timeout": IDLE_TIMEOUT},
        "explicit_http_config": {"http_protocol_options": {}},
    }


def admin_cluster() -> dict[str, Any]:
    """This Envoy's own admin interface."""
    endpoint = {"endpoint": {"address": address("127.0.0.1", ADMIN_PORT)}}
    return {
        "name": "admin",
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": "admin", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def stats_listener() -> dict[str, Any]:
    """What scrapers and probes may see of the admin interface, and nothing more of it."""
    routes = [
        {"match": {"path": path}, "route": {"cluster": "admin"}}
        for path in ("/ready", "/stats/prometheus")
    ]
    host = {"name": "stats", "domains": ["*"], "routes": routes}
    return listener("stats", STATS_PORT, {"route_config": {"virtual_hosts": [host]}})
