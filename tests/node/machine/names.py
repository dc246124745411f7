"""The cluster's DNS, in a few lines: what the names of its Services lead to.

https://github.com/kubernetes/dns/blob/master/docs/specification.md, for A records of Services only.
It asks the API server each time, so it is never behind; a real one may be, by some seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cluster.api import ApiError, Ref

from .configuration import DNS_DOMAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.api import Api

SERVICE_OF = "kubernetes.io/service-name"
HEADLESS = "None"


def addresses(api: Api, name: str) -> list[str]:
    """IPv4 addresses of ``<service>.<namespace>.svc.<domain>``; none for any other name."""
    service, _, rest = name.partition(".")
    namespace, _, domain = rest.partition(".")
    if domain != f"svc.{DNS_DOMAIN}":
        return []
    try:
        ref = Ref(api_version="v1", kind="Service", name=service, namespace=namespace)
        spec = api.get(ref)["spec"]
    except ApiError:
        return []
    if spec["type"] == "ExternalName":
        return addresses(api, spec["externalName"])
    if spec["clusterIP"] == HEADLESS:
        return list(ready_addresses(api, service, namespace))
    return [spec["clusterIP"]]


def ready_addresses(api: Api, service: str, namespace: str) -> Iterator[str]:
    """Of the pods behind ``service`` that may get traffic."""
    for piece in api.list("discovery.k8s.io/v1", "EndpointSlice", namespace):
        if piece["metadata"]["labels"].get(SERVICE_OF) == service:
            for endpoint in piece["endpoints"] or ():
                if endpoint["conditions"]["ready"]:
                    yield from endpoint["addresses"]
