"""Asks clients for their tokens (JSON Web Tokens), and knows which keys are good at the moment.

Envoy never reloads a key set that stands in its configuration. One that it fetches it does, so it
fetches it from itself: a listener on loopback answers with the key set, which stands in a watched
route file. A key that is taken out is refused as soon as the last copy is ``CACHE`` old.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..spec import ServiceSpec
from ..spec.health import HttpCheck
from ..text import to_yaml
from .access import AccessArgs, audience, key_set
from .routes import DIRECTORY, V3, discovery_response

NAME = "clients"
"""Of the listener, its routes, the cluster that leads there and the provider of tokens."""
PORT = 9903
PATH = "/keys"
ROUTE_PATH = f"{DIRECTORY}/{NAME}.yaml"
CACHE = "1.5s"
"""With the time that Envoy takes to see a changed file, less than two seconds."""
LARGEST_KEY_SET = 2**20
TOKEN_FILTER = "envoy.filters.http.jwt_authn"
CLAIMS = "claims"
"""Where a token's claims lie among the request's metadata; the token itself lies nowhere."""

HEALTH_CHECKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"ollama": ("/api/tags",), "triton": ("/v2/health/ready",), "faiss": ("/health",)}
)
"""Those that the guide tells people to run."""


def token_filter(spec: ServiceSpec, environment: str) -> dict[str, Any]:
    """401 unless the request has a good token of ``environment`` or is a health check of ``spec``.

    The token is taken from the Authorization header only, so that none gets into an address.
    """
    provider = {
        "audiences": [audience(environment)],
        "require_expiration": True,
        "from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}],
        "payload_in_metadata": CLAIMS,
        "remote_jwks": {
            "http_uri": {"uri": f"http://{NAME}{PATH}", "cluster": NAME, "timeout": "1s"},
            "cache_duration": CACHE,
        },
    }
    rules: list[dict[str, Any]] = [{"match": asks(path)} for path in health_paths(spec)]
    rules.append({"match": {"prefix": "/"}, "requires": {"provider_name": NAME}})
    return {
        "name": TOKEN_FILTER,
        "typed_config": {
            "@type": f"{V3}.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": {NAME: provider},
            "rules": rules,
        },
    }


def health_paths(spec: ServiceSpec) -> tuple[str, ...]:
    """Paths that say whether a service is well, and that anybody may ask."""
    found = list(HEALTH_CHECKS.get(spec.name, ()))
    ready = spec.health.ready
    if isinstance(ready, HttpCheck) and ready.port == spec.port("http").number:
        found.append(ready.path)
    return tuple(dict.fromkeys(found))


def asks(path: str) -> dict[str, Any]:
    """Matches GET and HEAD of exactly ``path``."""
    methods = {"safe_regex": {"regex": "GET|HEAD"}}
    return {"path": path, "headers": [{"name": ":method", "string_match": methods}]}


def key_file(access: AccessArgs) -> str:
    """The watched route file that answers with the key set."""
    answer = {
        "match": {"path": PATH},
        "direct_response": {
            "status": 200,
            "body": {"inline_string": json.dumps(key_set(access), sort_keys=True)},
        },
    }
    return to_yaml(
        discovery_response(
            {
                "name": NAME,
                "virtual_hosts": [{"name": NAME, "domains": ["*"], "routes": [answer]}],
                # Of its own accord Envoy answers with 4 KiB at most, which are some 20 keys.
                "max_direct_response_body_size_bytes": LARGEST_KEY_SET,
            }
        )
    )


def key_cluster() -> dict[str, Any]:
    """This Envoy's own list of keys."""
    socket = {"socket_address": {"address": "127.0.0.1", "port_value": PORT}}
    return {
        "name": NAME,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": NAME,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket}}]}],
        },
    }
