"""Envoy's static configuration as a whole."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..spec import ServiceSpec
from ..text import to_yaml
from .authentication import PORT as KEY_PORT
from .authentication import key_cluster, token_filter
from .clusters import Upstream, admin_cluster, backend_cluster
from .listeners import Filters, key_listener, service_listener, stats_listener
from .metrics import DURATION_BUCKETS_MS, GATEWAY_ZONE, SERVED_BY
from .names import TRACKS, versions
from .rate_limits import limit_filter

ADMIN_PORT = 9901
STATS_PORT = 9902
V3 = "type.googleapis.com/envoy.extensions"
MEBIBYTE = 2**20
HEAP_SHARE = 0.8
"""Of the container's memory; what Envoy needs besides its heap has the rest."""

NODE = {"id": "gateway", "cluster": "researchflow", "locality": {"zone": GATEWAY_ZONE}}
"""A route file as a config source is refused without it, and without a zone nothing is counted by
the zone of the server."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a gateway takes at most."""

    max_request: int
    """MiB of a request's body."""
    max_connections: int
    """Open connections of clients, for each replica."""
    max_active: int
    """Requests at once for one service and track, for each replica."""
    max_active_of: Mapping[str, int]
    """The same for single services, by name."""
    memory: float
    """GiB that the container has."""


@dataclass(frozen=True, kw_only=True)
class Door:
    """What clients meet at the gateway's ports."""

    environment: str
    asks_for_tokens: bool
    tls: bool

    def admission(self, spec: ServiceSpec) -> Filters:
        """The filters that say who may come to ``spec``, and how often."""
        if not self.asks_for_tokens:
            return []
        return [token_filter(spec, self.environment), limit_filter()]


def bootstrap(backends: tuple[ServiceSpec, ...], limits: Limits, door: Door) -> str:
    """The bootstrap file as YAML, for services with one or two tracks.

    ValueError where a port is wanted twice, or a limit is that of no service.
    """
    services = versions(backends)
    refuse_port_clashes(tuple(stable for stable, *_ in services))
    refuse_unknown_services(limits.max_active_of, [stable.name for stable, *_ in services])
    listeners = [
        service_listener(
            stable, limits.max_request * MEBIBYTE, door.admission(stable), tls=door.tls
        )
        for stable, *_ in services
    ]
    config = {
        "node": NODE,
        "admin": {
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": ADMIN_PORT}}
        },
        "stats_config": statistics(),
        # Histograms are brought up to date at each flush only.
        "stats_flush_interval": "1s",
        "overload_manager": overload(limits),
        "static_resources": {
            "listeners": [
                *listeners,
                stats_listener(STATS_PORT),
                *([key_listener()] if door.asks_for_tokens else []),
            ],
            "clusters": [
                *(backend_cluster(each) for each in upstreams(services, limits)),
                admin_cluster(ADMIN_PORT),
                *([key_cluster()] if door.asks_for_tokens else []),
            ],
        },
    }
    return to_yaml(config)


def upstreams(services: Iterable[Sequence[ServiceSpec]], limits: Limits) -> Iterator[Upstream]:
    """Every track of every service.

    Also a canary that is not there: when it comes, no gateway starts anew for it.
    """
    for stable, *_ in services:
        for track in TRACKS:
            yield Upstream(
                spec=replace(stable, track=track),
                fallback=None if track == stable.track else stable,
                max_active=limits.max_active_of.get(stable.name, limits.max_active),
            )


def refuse_port_clashes(services: tuple[ServiceSpec, ...]) -> None:
    """ValueError where two listeners would share a port."""
    owner = {
        ADMIN_PORT: "the gateway's admin interface",
        STATS_PORT: "the gateway's metrics",
        KEY_PORT: "the gateway's list of clients' keys",
    }
    for spec in services:
        port = spec.port("http").number
        if port in owner:
            raise ValueError(
                f"services.{spec.name}: its port {port} at the gateway belongs to {owner[port]}; "
                "each service needs a port of its own"
            )
        owner[port] = spec.name


def refuse_unknown_services(named: Iterable[str], known: Collection[str]) -> None:
    """ValueError where a limit is that of no service behind the gateway."""
    for name in named:
        if name not in known:
            raise ValueError(
                f"services.gateway.max_active_of: no service {name!r} is behind the gateway; there "
                f"are {', '.join(known)}"
            )


def statistics() -> dict[str, Any]:
    """Buckets of durations, and the zone that served as a label."""
    zone = rf"^cluster\.[^.]+\.zone\.{GATEWAY_ZONE}\.((\w+)\.)"
    return {
        "stats_tags": [{"tag_name": SERVED_BY, "regex": zone}],
        "histogram_bucket_settings": [
            {
                "match": {"suffix": "upstream_rq_time"},
                "buckets": [float(bound) for bound in DURATION_BUCKETS_MS],
            }
        ],
    }


def overload(limits: Limits) -> dict[str, Any]:
    """Refuse new work before the kernel ends the whole gateway for its memory."""
    heap = "envoy.resource_monitors.fixed_heap"
    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [
            {
                "name": heap,
                "typed_config": {
                    "@type": f"{V3}.resource_monitors.fixed_heap.v3.FixedHeapConfig",
                    "max_heap_size_bytes": int(limits.memory * HEAP_SHARE * 2**30),
                },
            },
            connection_limit(limits.max_connections),
        ],
        "actions": [
            overload_action("envoy.overload_actions.shrink_heap", heap, 0.9),
            overload_action("envoy.overload_actions.disable_http_keepalive", heap, 0.95),
            overload_action("envoy.overload_actions.stop_accepting_requests", heap, 0.98),
        ],
    }


def connection_limit(most: int) -> dict[str, Any]:
    """At most so many open connections of clients; more are closed at once."""
    return {
        "name": "envoy.resource_monitors.global_downstream_max_connections",
        "typed_config": {
            "@type": f"{V3}.resource_monitors.downstream_connections.v3"
            ".DownstreamConnectionsConfig",
            "max_active_downstream_connections": most,
        },
    }


def overload_action(action: str, monitor: str, share: float) -> dict[str, Any]:
    """What to do when so much of a resource is in use."""
    return {"name": action, "triggers": [{"name": monitor, "threshold": {"value": share}}]}
