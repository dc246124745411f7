"""Where things are: pods, addresses, the front door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.node.machine.configuration import DNS_DOMAIN
from tests.node.machine.names import addresses
from tests.node.machine.pods import Running

if TYPE_CHECKING:
    from tests.cluster.platform import Platform
    from tests.node.machine.cluster import Cluster


def pod_of(node: Cluster, platform: Platform, instance: str) -> Running:
    """The one pod of a service."""
    (pod,) = platform.pods_of(instance)
    return Running(node=node.node, pod=pod)


def addresses_of(node: Cluster, platform: Platform, instance: str) -> list[str]:
    """Where the name of a service leads to."""
    return addresses(node.api, f"{instance}.{platform.namespaces[0]}.svc.{DNS_DOMAIN}")


def front_door(node: Cluster, platform: Platform, port: int, path: str) -> str:
    """The URL of the gateway, as its clients have it."""
    (address,) = addresses_of(node, platform, "gateway")
    return f"http://{address}:{port}{path}"
