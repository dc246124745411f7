"""Route files: what changes of the gateway while it runs. Each service has its own.

Envoy refuses a route file that holds more than one RouteConfiguration ("Unexpected RDS resource
length"), goes on without it, and calls itself ready.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..internal_tls.names import LOCAL
from ..spec import ServiceSpec
from ..text import to_yaml
from .arms import virtual_clusters
from .metrics import ANSWERED_HEADER
from .names import TRACKS, USER_COOKIE, USER_HEADER, cluster_name, versions
from .refusals import refused_routes
from .writers import writer_routes

DIRECTORY = "/etc/envoy/routes"
TYPE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
V3 = "type.googleapis.com/envoy.extensions"
SILENCE = "300s"
"""How long a server may send nothing. A model that is being loaded sends nothing for minutes."""
EVERYBODY = 100
NO_CANARY: Mapping[str, int] = {"stable": EVERYBODY}
NOTHING: Mapping[str, Any] = {}


def route_path(spec: ServiceSpec) -> str:
    """Where the gateway finds the routes of ``spec``, of all its tracks."""
    return f"{DIRECTORY}/{spec.name}.yaml"


def route_files(
    backends: tuple[ServiceSpec, ...],
    weights: Mapping[str, Mapping[str, int]],
    *,
    stamp: str | None = None,
    filters: Mapping[str, Any] = NOTHING,
    features: Mapping[str, Sequence[str]] = NOTHING,
) -> dict[str, str]:
    """Path and text of the route files of all services among ``backends``.

    ``weights``: service to track to per cent; a service that is not named sends all to stable.
    ``filters``: what the routes say to the listeners' filters, by their names. ``features``: the
    services of each feature, whose arms are booked apart.
    """
    return {
        route_path(tracks[0]): route_file(
            tracks,
            weights.get(tracks[0].name, NO_CANARY),
            stamp=stamp,
            filters=filters,
            features=features,
        )
        for tracks in versions(backends)
    }


def route_file(
    tracks: tuple[ServiceSpec, ...],
    weights: Mapping[str, int],
    *,
    stamp: str | None = None,
    filters: Mapping[str, Any] = NOTHING,
    features: Mapping[str, Sequence[str]] = NOTHING,
) -> str:
    """An xDS DiscoveryResponse with the one RouteConfiguration of a service, as YAML.

    ``tracks``: the service's versions, stable first. ``weights``: per cent of users by track, one
    that is missing gets none; ValueError unless they are whole and add up to 100.
    ``version_info`` is a hash of the routes, after ``stamp`` (rollout and step) if there is one:
    a gateway can be asked which file it serves.
    """
    shares = checked(tracks, weights)
    routes = route_configuration(tracks, shares, filters)
    arms = virtual_clusters(tracks[0].name, features)
    if arms:
        routes["virtual_hosts"][0]["virtual_clusters"] = arms
    return to_yaml(discovery_response(routes, stamp))


def discovery_response(routes: Mapping[str, Any], stamp: str | None = None) -> dict[str, Any]:
    """The one RouteConfiguration of a watched file, with a version that changes when it does."""
    resources = [{"@type": TYPE, **routes}]
    text = json.dumps(resources, sort_keys=True)
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    if stamp is not None:
        version = f"{stamp}-{version}"
    return {"version_info": version, "resources": resources}


def checked(tracks: tuple[ServiceSpec, ...], weights: Mapping[str, int]) -> list[int]:
    """The weight of each of ``tracks``; ValueError, in words, when they make no sense."""
    key = f"rollout.services.{tracks[0].name.replace('-', '_')}.weights"
    present = [str(spec.track) for spec in tracks]
    for track, weight in weights.items():
        if track not in TRACKS:
            raise ValueError(f"{key}: unknown track {track!r}; tracks are {', '.join(TRACKS)}")
        if isinstance(weight, bool) or not isinstance(weight, int) or weight < 0:
            raise ValueError(f"{key}.{track} is {weight!r}; it must be a whole number, 0 to 100")
        if weight and track not in present:
            raise ValueError(f"{key}.{track} is {weight}, but there is no such version; set 0")
    total = sum(weights.values())
    if total != EVERYBODY:
        given = ", ".join(f"{track} {weight}" for track, weight in weights.items())
        raise ValueError(f"{key}: {given} add up to {total}; they must add up to 100")
    return [weights.get(track, 0) for track in present]


def route_configuration(
    tracks: tuple[ServiceSpec, ...], shares: list[int], filters: Mapping[str, Any]
) -> dict[str, Any]:
    """What is refused, what only the writer gets, and the rest to the versions by weight."""
    name = tracks[0].name
    host = {
        "name": name,
        "domains": ["*"],
        "routes": [
            *refused_routes(name),
            *writer_routes(name, split(tracks[:1], [EVERYBODY])),
            {"match": {"prefix": "/"}, "route": split(tracks, shares)},
        ],
        # Between Envoy's cluster and its route only; see the metric contract.
        "response_headers_to_remove": [ANSWERED_HEADER],
        # No server asks who its client is, so none needs to see a credential.
        "request_headers_to_remove": ["authorization"],
        **({"typed_per_filter_config": dict(filters)} if filters else {}),
    }
    return {"name": name, "virtual_hosts": [host]}


def split(tracks: tuple[ServiceSpec, ...], shares: list[int]) -> dict[str, Any]:
    """Each user to one version, always the same one; a request without a user to any by weight.

    A user's hash falls into one of 100 slots, and the versions divide the slots in order: what a
    growing canary gains, stable loses, so nobody goes back.
    """
    clusters = [
        {"name": cluster_name(spec), "weight": share}
        for spec, share in zip(tracks, shares, strict=True)
    ]
    return {
        "weighted_clusters": {"clusters": clusters, "use_hash_policy": True},
        "hash_policy": [
            {"header": {"header_name": USER_HEADER}, "terminal": True},
            {"cookie": {"name": USER_COOKIE}},
        ],
        # A long answer is not a hung one: only silence ends a stream. That of the server ends the
        # try, which counts; that of the client, a little later, the rest.
        "timeout": "0s",
        "idle_timeout": "330s",
        "retry_policy": retries(),
        **({"host_rewrite_literal": LOCAL} if tracks[0].port("http").inside else {}),
    }


def retries() -> dict[str, Any]:
    """Another try where no byte of the request was sent: no connection, or a refused stream.

    The first two tries go to servers of the version, the third to stable. A version that lost one
    of several servers is charged with next to nothing: until three tries failed there and the
    server is out, a request can meet it twice, for it has the fewest requests.
    """
    return {
        "retry_on": "connect-failure,refused-stream",
        "num_retries": 2,
        "per_try_idle_timeout": SILENCE,
        "retry_priority": {
            "name": "envoy.retry_priorities.previous_priorities",
            "typed_config": {
                "@type": f"{V3}.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
                "update_frequency": 2,
            },
        },
        "retry_host_predicate": [
            {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": {
                    "@type": f"{V3}.retry.host.previous_hosts.v3.PreviousHostsPredicate"
                },
            }
        ],
        "host_selection_retry_max_attempts": 3,
    }
