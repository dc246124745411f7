"""Who may open a connection to whom, by the rules of NetworkPolicy. Pure: no cluster, no I/O.

The rules are those of https://kubernetes.io/docs/concepts/services-networking/network-policies/.
A connection needs the consent of both ends: of the policies that select the source for egress, and
of those that select the target for ingress; an end that no policy selects consents to everything.

Where implementations differ, the answer is the more permissive one: an ``ipBlock`` matches the
addresses of pods as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from components.platforms.kubernetes.manifest import Body

Labels = Mapping[str, str]
Direction = Literal["Ingress", "Egress"]


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One end of a connection: a pod, or, without a namespace, an address outside the cluster.

    ``ports`` are the named ports of a pod's containers.
    """

    name: str
    address: str
    namespace: str | None = None
    labels: Labels = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Port:
    """What is connected to."""

    number: int
    protocol: str = "TCP"

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"


@dataclass(frozen=True, kw_only=True)
class Network:
    """Policies as the API server has them, and the labels of each namespace."""

    namespaces: Mapping[str, Labels]
    policies: Sequence[Body] = field(default_factory=tuple)

    def allows(self, source: Peer, target: Peer, port: Port) -> bool:
        """Whether ``source`` may open a connection to ``port`` of ``target``."""
        return self._consents("Egress", source, target, target, port) and self._consents(
            "Ingress", target, source, target, port
        )

    def _consents(
        self, direction: Direction, end: Peer, other: Peer, target: Peer, port: Port
    ) -> bool:
        found = [
            policy
            for policy in self.policies
            if policy["metadata"]["namespace"] == end.namespace
            and direction in policy["spec"]["policyTypes"]
            and _selected(policy["spec"].get("podSelector", {}), end.labels)
        ]
        return not found or any(
            self._admits(policy, direction, other, target, port) for policy in found
        )

    def _admits(
        self, policy: Body, direction: Direction, other: Peer, target: Peer, port: Port
    ) -> bool:
        peers_key = "from" if direction == "Ingress" else "to"
        return any(
            _port_in(rule.get("ports"), target, port)
            and self._peer_in(rule.get(peers_key), other, policy["metadata"]["namespace"])
            for rule in policy["spec"].get(direction.lower()) or ()
        )

    def _peer_in(self, peers: Sequence[Body] | None, other: Peer, namespace: str) -> bool:
        """No list means everybody, and so does an empty one."""
        return not peers or any(self._is_peer(peer, other, namespace) for peer in peers)

    def _is_peer(self, peer: Body, other: Peer, namespace: str) -> bool:
        if "ipBlock" in peer:
            return _in_block(peer["ipBlock"], other.address)
        if other.namespace is None:
            return False
        if "namespaceSelector" not in peer:
            here = other.namespace == namespace
        else:
            here = _selected(peer["namespaceSelector"], self.namespaces[other.namespace])
        return here and _selected(peer.get("podSelector", {}), other.labels)


def _in_block(block: Body, address: str) -> bool:
    found = ip_address(address)
    excepted = (ip_network(each) for each in block.get("except", ()))
    return found in ip_network(block["cidr"]) and not any(found in each for each in excepted)


def _port_in(ports: Sequence[Body] | None, target: Peer, port: Port) -> bool:
    """No list means every port, and so does an empty one."""
    return not ports or any(_is_port(each, target, port) for each in ports)


def _is_port(wanted: Body, target: Peer, port: Port) -> bool:
    if wanted.get("protocol", "TCP") != port.protocol:
        return False
    if "port" not in wanted:
        return True
    first: int | str = wanted["port"]
    if isinstance(first, str):
        return target.ports.get(first) == port.number
    last: int = wanted.get("endPort") or first
    return first <= port.number <= last


def _selected(selector: Body, labels: Labels) -> bool:
    """Whether a label selector finds ``labels``; an empty one finds everything."""
    exact = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in exact.items()) and all(
        _holds(expression, labels) for expression in selector.get("matchExpressions") or ()
    )


def _holds(expression: Mapping[str, Any], labels: Labels) -> bool:
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case unknown:
            raise ValueError(f"no label selector has the operator {unknown}")
