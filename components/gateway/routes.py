"""The route file: the one gateway file that changes while the gateway runs."""

import hashlib
import json
from typing import Any

from ..spec import ServiceSpec
from ..text import to_yaml
from .names import cluster_name

TYPE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
STREAM_IDLE_TIMEOUT = "300s"


def route_file(backends: tuple[ServiceSpec, ...]) -> str:
    """An xDS DiscoveryResponse with one RouteConfiguration for each service, as YAML.

    ``version_info`` is a hash of the routes, so a gateway can be asked which file it serves.
    """
    resources = [route_configuration(spec) for spec in backends]
    text = json.dumps(resources, sort_keys=True)
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    return to_yaml({"version_info": version, "resources": resources})


def route_configuration(spec: ServiceSpec) -> dict[str, Any]:
    """All traffic of a service to its one version."""
    route = {
        "match": {"prefix": "/"},
        "route": {
            "cluster": cluster_name(spec),
            # A long answer is not a hung one: only silence ends a stream.
            "timeout": "0s",
            "idle_timeout": STREAM_IDLE_TIMEOUT,
        },
    }
    host = {"name": spec.name, "domains": ["*"], "routes": [route]}
    return {"@type": TYPE, "name": spec.name, "virtual_hosts": [host]}
