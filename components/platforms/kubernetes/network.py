"""NetworkPolicies: nothing in, nothing out, then exactly what specs, clients and exposure name.

Policies add up: a pod may do what any policy that selects it allows. kubelet's probes come from the
node itself and are allowed by every implementation.
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING

from ...spec.network import KUBELET_PORT
from ...spec.runs import ScheduledJob
from .address import client_ports
from .args import PRIVATE_CIDRS
from .manifest import Manifest
from .naming import NAME, common_labels, metadata, selector
from .scaling import OPERATOR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...audience import ClientArgs
    from ...spec import ServiceSpec
    from ...spec.network import Edge, Outside
    from ...spec.runs import Run
    from .cluster import Cluster
    from .manifest import Body

NAMESPACE_NAME = "kubernetes.io/metadata.name"
DNS_PORT = 53
HTTPS_PORT = 443
# 443 is the port of the kubernetes Service and of managed API servers, 6443 that of others. Which
# one a policy sees depends on whether the network checks before or after address translation.
API_SERVER_PORTS = (HTTPS_PORT, 6443)
# Link-local too: 169.254.169.254 hands out the credentials of the node.
NOT_OUTSIDE = ("127.0.0.0/8", "169.254.0.0/16")
NOT_INTERNET = (*PRIVATE_CIDRS, *NOT_OUTSIDE)
# Where a pod of EKS asks for the credentials of its own role (EKS user guide, "Pod Identity").
POD_IDENTITY_AGENT = "169.254.170.23/32"
POD_IDENTITY_PORT = 80


def namespace_policies(namespace: str, suffix: str, cluster: Cluster) -> tuple[Manifest, ...]:
    """For all pods of ``namespace``: nothing at all, and DNS."""
    dns = cluster.args.dns
    pods = _namespace_peer([dns.namespace], dict(dns.pod_labels))
    servers = [pods, *({"ipBlock": {"cidr": cidr}} for cidr in dns.cidrs)]
    ask = {"to": servers, "ports": _ports([DNS_PORT], "UDP") + _ports([DNS_PORT])}
    rules: dict[str, Body] = {
        "default-deny": {"policyTypes": ["Ingress", "Egress"]},
        "allow-dns": {"policyTypes": ["Egress"], "egress": [ask]},
    }
    return tuple(
        _policy(
            f"{suffix}{name}",
            {"name": name, "namespace": namespace, "labels": common_labels(cluster)},
            {"podSelector": {}, **rule},
        )
        for name, rule in rules.items()
    )


def service_policy(spec: ServiceSpec, callers: Iterable[Edge], cluster: Cluster) -> Manifest:
    """What may reach ``spec``, and what it may reach."""
    ingress = [_ingress(caller, cluster) for caller in callers]
    ingress += _ingress_from_clients(spec, cluster)
    ingress += _ingress_from_scaler(spec, cluster)
    egress = [_to_service(edge, cluster) for edge in spec.talks_to]
    if spec.api_access:
        servers = [{"ipBlock": {"cidr": cidr}} for cidr in cluster.args.api_server_cidrs]
        egress.append({"to": servers, "ports": _ports(API_SERVER_PORTS)})
    if spec.kubelet_metrics:
        nodes = [{"ipBlock": {"cidr": cidr}} for cidr in cluster.args.node_cidrs]
        egress.append({"to": nodes, "ports": _ports([KUBELET_PORT])})
    if spec.internet:
        egress.append(_to_internet())
    return _policy(
        "network-policy",
        metadata(spec, cluster, spec.instance),
        {
            "podSelector": {"matchLabels": selector(spec)},
            "policyTypes": ["Ingress", "Egress"],
            **({"ingress": ingress} if ingress else {}),
            **({"egress": egress} if egress else {}),
        },
    )


def run_policy(spec: ServiceSpec, job: Run, cluster: Cluster) -> tuple[Manifest, ...]:
    """What ``job`` may reach, if anything. Nobody may reach it, and it not the node's metadata."""
    egress = [_to_service(edge, cluster) for edge in _edges(job)]
    egress += [_to_outside(each, cluster) for each in job.outside]
    if job.internet:
        egress.append(_to_internet())
    if job.account:
        agent = {"ipBlock": {"cidr": POD_IDENTITY_AGENT}}
        egress.append({"to": [agent], "ports": _ports([POD_IDENTITY_PORT])})
    if not egress:
        return ()
    described = metadata(spec, cluster, f"{spec.instance}-{job.name}", job=job)
    content = {
        "podSelector": {"matchLabels": selector(spec, job)},
        "policyTypes": ["Egress"],
        "egress": egress,
    }
    return (_policy(f"job-{job.name}-network-policy", described, content),)


def _edges(job: Run) -> tuple[Edge, ...]:
    return job.talks_to if isinstance(job, ScheduledJob) else ()


def _to_service(edge: Edge, cluster: Cluster) -> Body:
    return {"to": [_peer(edge.service, cluster)], "ports": _ports([edge.port])}


def _to_outside(wanted: Outside, cluster: Cluster) -> Body:
    """A NetworkPolicy knows no names: a Service's namespace, an address, or every address."""
    namespace = _namespace_in(wanted.host, cluster.args.dns.domain)
    if namespace:
        return {"to": [_namespace_peer([namespace], {})], "ports": _ports([wanted.port])}
    try:
        block: Body = {"cidr": str(ip_network(wanted.host))}
    except ValueError:
        block = {"cidr": "0.0.0.0/0", "except": list(NOT_OUTSIDE)}
    return {"to": [{"ipBlock": block}], "ports": _ports([wanted.port])}


def _namespace_in(host: str, domain: str) -> str | None:
    """``storage`` in ``minio.storage.svc`` and in ``minio.storage.svc.cluster.local``."""
    found = re.fullmatch(rf"[^.]+\.([^.]+)\.svc(\.{re.escape(domain)})?", host)
    return found[1] if found else None


def _to_internet() -> Body:
    public = {"ipBlock": {"cidr": "0.0.0.0/0", "except": list(NOT_INTERNET)}}
    return {"to": [public], "ports": _ports([HTTPS_PORT])}


def _ingress(caller: Edge, cluster: Cluster) -> Body:
    return {"from": [_peer(caller.service, cluster)], "ports": _ports([caller.port])}


def _ingress_from_clients(spec: ServiceSpec, cluster: Cluster) -> list[Body]:
    """On client ports only: declared clients, or anybody who comes by the load balancer.

    Behind a load balancer no label says who the caller is; its TLS and client certificates do.
    """
    ports = _ports(port.number for port in client_ports(spec))
    if not ports:
        return []
    if spec.front_door and cluster.args.exposure != "cluster":
        return [{"ports": ports}]
    if spec.serves_clients and cluster.clients:
        return [{"from": [_client(client) for client in cluster.clients], "ports": ports}]
    return []


def _ingress_from_scaler(spec: ServiceSpec, cluster: Cluster) -> list[Body]:
    if not spec.asked_by_scaler or cluster.args.keda is None:
        return []
    operator = _namespace_peer([cluster.args.keda.namespace], dict(OPERATOR))
    return [{"from": [operator], "ports": _ports(port.number for port in client_ports(spec))}]


def _client(client: ClientArgs) -> Body:
    return _namespace_peer([client.namespace], dict(client.pod_labels))


def _peer(service: str, cluster: Cluster) -> Body:
    """All servers called ``service``, of every track, in either namespace of the platform."""
    return _namespace_peer(list(cluster.namespaces), {NAME: service})


def _namespace_peer(namespaces: list[str], pod_labels: dict[str, str]) -> Body:
    one: Body = {"matchLabels": {NAMESPACE_NAME: namespaces[0]}}
    several: Body = {
        "matchExpressions": [{"key": NAMESPACE_NAME, "operator": "In", "values": namespaces}]
    }
    return {
        "namespaceSelector": one if len(namespaces) == 1 else several,
        "podSelector": {"matchLabels": pod_labels} if pod_labels else {},
    }


def _ports(numbers: Iterable[int], protocol: str = "TCP") -> list[Body]:
    return [{"protocol": protocol, "port": number} for number in numbers]


def _policy(suffix: str, described: Body, content: Body) -> Manifest:
    return Manifest(
        suffix=suffix,
        body={
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": described,
            "spec": content,
        },
    )
