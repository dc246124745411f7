"""Route files: what changes of the gateway while it runs. Each service has its own.

Envoy refuses a route file that holds more than one RouteConfiguration ("Unexpected RDS resource
length"), goes on without it, and calls itself ready.
"""

import hashlib
import json
from typing import Any

from ..spec import ServiceSpec
from ..text import to_yaml
from .names import cluster_name

DIRECTORY = "/etc/envoy/routes"
TYPE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
STREAM_IDLE_TIMEOUT = "300s"


def route_path(spec: ServiceSpec) -> str:
    """Where the gateway finds the routes of ``spec``."""
    return f"{DIRECTORY}/{spec.name}.yaml"


def route_file(spec: ServiceSpec) -> str:
    """An xDS DiscoveryResponse with the one RouteConfiguration of ``spec``, as YAML.

    ``version_info`` is a hash of the routes, so a gateway can be asked which file it serves.
    """
    resources = [route_configuration(spec)]
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
