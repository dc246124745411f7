"""The downstream side: the guide's ports, and one for those who ask how the gateway is."""

from typing import Any

from ..spec import ServiceSpec
from .access_log import access_log
from .asleep import reply_while_asleep
from .authentication import NAME as KEYS
from .authentication import PORT as KEY_PORT
from .authentication import ROUTE_PATH as KEY_PATH
from .routes import DIRECTORY, route_path
from .tls import transport_socket

V3 = "type.googleapis.com/envoy.extensions"
HTTP = f"{V3}.filters.network.http_connection_manager.v3.HttpConnectionManager"
BUFFER_BYTES = 32 * 1024

Filters = list[dict[str, Any]]


def service_listener(
    spec: ServiceSpec, max_request_bytes: int, admission: Filters, *, tls: bool
) -> dict[str, Any]:
    """The service's own port of the guide, with routes from its watched file.

    ``admission``: the filters that say who may come in; they run first.
    """
    found = listener(
        spec.name,
        spec.port("http").number,
        {
            **hardening(),
            "rds": watched_routes(spec.name, route_path(spec)),
            "access_log": [access_log()],
            **reply_while_asleep(spec),
        },
        filters=[*admission, request_buffer(max_request_bytes)],
    )
    if tls:
        for chain in found["filter_chains"]:
            chain["transport_socket"] = transport_socket()
    return found


def watched_routes(name: str, path: str) -> dict[str, Any]:
    """Routes called ``name``, from the file at ``path`` whenever it is replaced."""
    source = {
        "path_config_source": {
            "path": path,
            # Watching the file itself misses a kubelet's symlink swap.
            "watched_directory": {"path": DIRECTORY},
        },
        "resource_api_version": "V3",
    }
    return {"route_config_name": name, "config_source": source}


def stats_listener(port: int) -> dict[str, Any]:
    """What scrapers and probes may see of the admin interface, and nothing more of it."""
    routes = [
        {"match": {"path": path}, "route": {"cluster": "admin"}}
        for path in ("/ready", "/stats/prometheus")
    ]
    host = {"name": "stats", "domains": ["*"], "routes": routes}
    # A gateway that is full of clients must still say so.
    return unlimited(
        listener("stats", port, {"route_config": {"virtual_hosts": [host]}}, filters=[])
    )


def key_listener() -> dict[str, Any]:
    """Answers this Envoy, and nobody else, with the keys of its clients."""
    found = listener(KEYS, KEY_PORT, {"rds": watched_routes(KEYS, KEY_PATH)}, filters=[])
    address = {"socket_address": {"address": "127.0.0.1", "port_value": KEY_PORT}}
    return unlimited({**found, "address": address})


def unlimited(found: dict[str, Any]) -> dict[str, Any]:
    """The listener ``found`` for the gateway itself, however many clients there are."""
    return {**found, "ignore_global_conn_limit": True, "bypass_overload_manager": True}


def listener(name: str, port: int, settings: dict[str, Any], *, filters: Filters) -> dict[str, Any]:
    """An HTTP listener on every address; ``filters`` run before the router."""
    manager = {
        "@type": HTTP,
        "stat_prefix": name,
        "codec_type": "AUTO",
        # Each client may need a moment to see that a connection goes; it drops no request.
        "drain_timeout": "5s",
        "http_filters": [*filters, router()],
        **settings,
    }
    chain = {
        "filters": [
            {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
        ]
    }
    return {
        "name": name,
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": port}},
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "filter_chains": [chain],
    }


def hardening() -> dict[str, Any]:
    """What Envoy's guide for edge proxies asks for, and paths in one spelling."""
    return {
        "use_remote_address": True,
        "internal_address_config": {"unix_sockets": False, "cidr_ranges": []},
        "early_header_mutation_extensions": [orders_removed()],
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "UNESCAPE_AND_FORWARD",
        "common_http_protocol_options": {
            "idle_timeout": "300s",
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
        "http2_protocol_options": {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 65_536,
            "initial_connection_window_size": 1_048_576,
        },
        # Of the request, not of the answer, which may take as long as it likes.
        "request_headers_timeout": "10s",
        "request_timeout": "120s",
        "stream_idle_timeout": "330s",
        "server_header_transformation": "PASS_THROUGH",
    }


def orders_removed() -> dict[str, Any]:
    """Takes away what a client could tell Envoy to do, and the id that it would give its request.

    Measured: with ``x-envoy-retry-on: 5xx`` any client had its requests sent three times, though
    no address is internal here. The id stands in the log, where no client writes.
    """
    orders = ({"prefix": "x-envoy-"}, {"exact": "x-request-id"})
    return {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": {
            "@type": f"{V3}.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            "mutations": [{"remove_on_match": {"key_matcher": order}} for order in orders],
        },
    }


def request_buffer(max_bytes: int) -> dict[str, Any]:
    """Takes a request in whole, or answers 413: no server waits for a slow client."""
    return {
        "name": "envoy.filters.http.buffer",
        "typed_config": {
            "@type": f"{V3}.filters.http.buffer.v3.Buffer",
            "max_request_bytes": max_bytes,
        },
    }


def router() -> dict[str, Any]:
    """The last filter of every chain."""
    return {
        "name": "envoy.filters.http.router",
        "typed_config": {
            "@type": f"{V3}.filters.http.router.v3.Router",
            "suppress_envoy_headers": True,
        },
    }
