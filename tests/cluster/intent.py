"""Which connections are meant, said by the specs and settings alone. Knows no NetworkPolicy."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from components.platforms.kubernetes.address import client_ports
from components.platforms.kubernetes.naming import INSTANCE, owner
from components.spec.network import Edge
from components.spec.runs import ScheduledJob

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from components.audience import ClientArgs
    from components.platforms.kubernetes.args import KubernetesArgs
    from components.spec import ServiceSpec
    from components.spec.runs import Run

    from .platform import Platform
    from .reachability import Peer, Port

INTERNET = "the internet"
"""Name of the peer that stands for every public address."""
DNS, HTTPS = 53, 443
API_SERVER = (443, 6443)
KUBELET = 10250


@dataclass(frozen=True, kw_only=True)
class Intent:
    """What one stack wants. Services and jobs are found by the instance label of their pods."""

    services: Mapping[str, ServiceSpec]
    jobs: Mapping[str, Run]
    clients: tuple[ClientArgs, ...]
    target: KubernetesArgs

    @classmethod
    def of(cls, platform: Platform) -> Intent:
        """That of ``platform``."""
        return cls(
            services={spec.instance: spec for spec in platform.specs},
            jobs={owner(spec, run): run for spec in platform.specs for run in spec.runs},
            clients=platform.stack.settings.clients,
            target=platform.target,
        )

    def allows(self, source: Peer, target: Peer, port: Port) -> bool:
        """Whether ``source`` is meant to reach ``port`` of ``target``; one of them is ours."""
        match self._ours(source), self._ours(target):
            case True, True:
                return port.protocol == "TCP" and self._talks(source, target, port.number)
            case True, False:
                return self._leaves(source, target, port)
            case _:
                return port.protocol == "TCP" and self._enters(source, target, port.number)

    def concerns(self, source: Peer, target: Peer) -> bool:
        """Whether one of two different ends is ours; what others do is not our business."""
        return source is not target and (self._ours(source) or self._ours(target))

    def _ours(self, peer: Peer) -> bool:
        return peer.namespace in (self.target.namespace, self.target.node_namespace)

    def _service(self, peer: Peer) -> ServiceSpec | None:
        return self.services.get(peer.labels.get(INSTANCE, ""))

    def _talks(self, source: Peer, target: Peer, port: int) -> bool:
        called, caller = self._service(target), self._service(source)
        run = self.jobs.get(source.labels.get(INSTANCE, ""))
        edges = run.talks_to if isinstance(run, ScheduledJob) else caller.talks_to if caller else ()
        return called is not None and Edge(service=called.name, port=port) in edges

    def _leaves(self, source: Peer, target: Peer, port: Port) -> bool:
        """Everybody may ask DNS, some the API server or kubelets, and what says so the internet."""
        if self._is_dns(target) and port.number == DNS:
            return True
        if port.protocol != "TCP":
            return False
        service, job = self._service(source), self.jobs.get(source.labels.get(INSTANCE, ""))
        outgoing = (job and job.internet) or (service and service.internet)
        if outgoing and target.name == INTERNET:
            return port.number == HTTPS
        if service is None:
            return False
        reads = service.kubelet_metrics and port.number == KUBELET
        asks = service.api_access and port.number in API_SERVER
        return bool(
            (reads and _within(target, self.target.node_cidrs))
            or (asks and _within(target, self.target.api_server_cidrs))
        )

    def _is_dns(self, peer: Peer) -> bool:
        dns = self.target.dns
        return peer.namespace == dns.namespace and dns.pod_labels.items() <= peer.labels.items()

    def _enters(self, source: Peer, target: Peer, port: int) -> bool:
        """On ports for clients: by the load balancer anybody, else the declared ones."""
        service = self._service(target)
        if service is None or port not in {each.number for each in client_ports(service)}:
            return False
        if service.front_door and self.target.exposure != "cluster":
            return True
        return service.serves_clients and any(
            source.namespace == client.namespace
            and client.pod_labels.items() <= source.labels.items()
            for client in self.clients
        )


def _within(peer: Peer, cidrs: Iterable[str]) -> bool:
    return any(ip_address(peer.address) in ip_network(cidr) for cidr in cidrs)
