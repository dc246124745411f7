"""The policies that the server holds, judged by what the specs and settings say."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.cluster.intent import INTERNET, Intent
from tests.cluster.neighbours import neighbours
from tests.cluster.reachability import Network, Peer, Port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.platforms.kubernetes.manifest import Body
    from tests.cluster.platform import Platform

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

ADDRESSES = (
    Peer(name=INTERNET, address="203.0.113.7"),
    Peer(name="the node's metadata", address="169.254.169.254"),
    Peer(name="the API server", address="10.96.0.1"),
    Peer(name="a machine of a private network", address="192.168.7.7"),
)
# Beside those of our services: remote shells, name resolution, the web, API servers, kubelets.
COMMON = (22, 53, 80, 443, 6443, 10250)


@pytest.fixture(scope="module")
def peers(platform: Platform) -> Iterator[list[Peer]]:
    """Every pod of the cluster, neighbours too, and addresses outside it."""
    with neighbours(platform):
        pods = platform.api.list("v1", "Pod")
        yield [*(as_peer(pod) for pod in pods), *scheduled(platform), *ADDRESSES]


def scheduled(platform: Platform) -> Iterator[Peer]:
    """The pods that CronJobs would make; none is due during a test."""
    for number, job in enumerate(platform.api.list("batch/v1", "CronJob"), start=1):
        template = job["spec"]["jobTemplate"]["spec"]["template"]
        place = {"name": job["metadata"]["name"], "namespace": job["metadata"]["namespace"]}
        status = {"podIP": f"198.51.100.{number}"}
        yield as_peer({**template, "metadata": {**template["metadata"], **place}, "status": status})


@pytest.fixture(scope="module")
def network(platform: Platform, peers: list[Peer]) -> Network:  # noqa: ARG001 made by then
    """What the server holds."""
    return Network(
        namespaces={
            body["metadata"]["name"]: body["metadata"]["labels"]
            for body in platform.api.list("v1", "Namespace")
        },
        policies=platform.api.list("networking.k8s.io/v1", "NetworkPolicy"),
    )


def as_peer(pod: Body) -> Peer:
    metadata = pod["metadata"]
    return Peer(
        name=f"{metadata['namespace']}/{metadata['name']}",
        address=pod["status"]["podIP"],
        namespace=metadata["namespace"],
        labels=metadata.get("labels", {}),
        ports={
            port["name"]: port["containerPort"]
            for container in pod["spec"]["containers"]
            for port in container.get("ports", ())
        },
    )


def ports(platform: Platform) -> list[Port]:
    """Every port that a service has, and some that none has, by either protocol."""
    numbers = {port.number for spec in platform.specs for port in spec.ports}
    return [
        Port(number=number, protocol=protocol)
        for number in sorted(numbers.union(COMMON))
        for protocol in ("TCP", "UDP")
    ]


def wrong(intent: Intent, network: Network, peers: list[Peer], tried: list[Port]) -> Iterator[str]:
    """Where what is possible differs from what is meant."""
    for source, target in product(peers, peers):
        if not intent.concerns(source, target):
            continue
        for port in tried:
            allowed = network.allows(source, target, port)
            if allowed != intent.allows(source, target, port):
                said = "possible, but not meant" if allowed else "meant, but not possible"
                yield f"{source.name} to {target.name} {port} is {said}"


def test_exactly_the_meant_connections_are_possible(
    platform: Platform, network: Network, peers: list[Peer]
) -> None:
    found = wrong(Intent.of(platform), network, peers, ports(platform))

    assert list(found) == []


def test_the_judge_sees_what_each_policy_is_for(
    platform: Platform, network: Network, peers: list[Peer]
) -> None:
    """Without any one of them something else would be possible; so none is in vain either."""
    intent = Intent.of(platform)
    tried = [port for port in ports(platform) if port.protocol == "TCP"]
    assert len(network.policies) > len(platform.specs)

    in_vain = [
        policy["metadata"]["name"]
        for policy in network.policies
        if not any(
            wrong(
                intent,
                replace(network, policies=[p for p in network.policies if p is not policy]),
                peers,
                tried,
            )
        )
    ]

    assert in_vain == []
