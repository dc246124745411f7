"""Envoy's static configuration: listeners, clusters, statistics, the admin interface."""

from typing import Any

from ..spec import ServiceSpec
from ..text import to_yaml
from .names import DURATION_BUCKETS_MS, cluster_name
from .routes import DIRECTORY, route_path

ADMIN_PORT = 9901
STATS_PORT = 9902
V3 = "type.googleapis.com/envoy.extensions"
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
        "connect_timeout": "2s",
        # Requests differ in length a thousandfold: round robin would queue behind long ones.
        "lb_policy": "LEAST_REQUEST",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
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
