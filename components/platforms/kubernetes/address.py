"""How a service is found: headless for peers, one address for clients of the front door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import timing
from .manifest import Manifest
from .naming import metadata, selector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...spec import ServiceSpec
    from ...spec.network import Port
    from .cluster import Cluster
    from .manifest import Body

# What the controllers of AWS, Google and Azure read; each ignores the others'. Without its own, a
# cloud would give an internal gateway a public address.
INTERNAL = {
    "service.beta.kubernetes.io/aws-load-balancer-type": "external",
    "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip",
    "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
    "networking.gke.io/load-balancer-type": "Internal",
    "service.beta.kubernetes.io/azure-load-balancer-internal": "true",
}
PUBLIC = {
    "service.beta.kubernetes.io/aws-load-balancer-type": "external",
    "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip",
    "service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing",
}


def client_ports(spec: ServiceSpec) -> tuple[Port, ...]:
    """The ports that are for clients, not for management or metrics.

    Those that the guide publishes; where it publishes none, the port of a service that has one.
    """
    published = tuple(port for port in spec.ports if port.published is not None)
    return published or (spec.ports if len(spec.ports) == 1 else ())


def addresses(spec: ServiceSpec, cluster: Cluster) -> tuple[Manifest, ...]:
    """The Services of ``spec``; none for one that listens on nothing."""
    if not spec.ports:
        return ()
    if spec.front_door:
        return (_front_door(spec, cluster),)
    headless = _headless(spec, cluster)
    return (headless, _alias(spec, cluster)) if spec.privileged_reason else (headless,)


def _headless(spec: ServiceSpec, cluster: Cluster) -> Manifest:
    """Every ready pod is an address of its own, so that Envoy and Prometheus see each."""
    return _service(
        spec,
        metadata(spec, cluster, spec.instance),
        {
            "clusterIP": "None",
            "selector": selector(spec),
            "ports": _ports(spec.ports),
        },
    )


def _front_door(spec: ServiceSpec, cluster: Cluster) -> Manifest:
    """The one address of the platform. It is up when a pod is ready, so it comes with the pods."""
    exposure = cluster.args.exposure
    annotations = {"cluster": {}, "internal": INTERNAL, "public": PUBLIC}[exposure]
    return _service(
        spec,
        metadata(spec, cluster, spec.instance, annotations=annotations),
        {
            "type": "ClusterIP" if exposure == "cluster" else "LoadBalancer",
            "selector": selector(spec),
            "ports": _ports(client_ports(spec)),
        },
        server=True,
    )


def _alias(spec: ServiceSpec, cluster: Cluster) -> Manifest:
    """The same DNS name among the other services, for an agent in the namespace beside them."""
    target = f"{spec.instance}.{cluster.node_namespace}.svc.{cluster.args.dns.domain}"
    described = metadata(spec, cluster, spec.instance) | {"namespace": cluster.namespace}
    return _service(
        spec, described, {"type": "ExternalName", "externalName": target}, suffix="alias"
    )


def _service(
    spec: ServiceSpec,
    described: Body,
    content: Body,
    *,
    suffix: str = "service",
    server: bool = False,
) -> Manifest:
    body = {"apiVersion": "v1", "kind": "Service", "metadata": described, "spec": content}
    if not server:
        return Manifest(suffix=suffix, body=body)
    return Manifest(suffix=suffix, body=body, stage="server", timeout_seconds=timing.rollout(spec))


def _ports(ports: Iterable[Port]) -> list[Body]:
    return [{"name": port.name, "port": port.number, "targetPort": port.number} for port in ports]
