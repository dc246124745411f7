"""Addresses: headless for peers, one for the clients of the front door."""

import pytest

from components.audience import Exposure
from components.platforms.kubernetes.address import addresses
from components.platforms.kubernetes.args import KubernetesArgs
from components.platforms.kubernetes.cluster import Cluster
from tests.unit.kubernetes_objects import (
    AGENT,
    CLUSTER,
    cluster,
    kinds,
    objects,
    only,
    service,
)


def on_exposure(exposure: Exposure) -> Cluster:
    return cluster(args=KubernetesArgs(namespace="ai", exposure=exposure))


def test_a_service_is_headless_so_that_every_pod_is_seen() -> None:
    found = only("Service", service())["spec"]

    assert found["clusterIP"] == "None"
    assert [port["port"] for port in found["ports"]] == [8000, 8002]


def test_an_agent_has_its_name_among_the_other_services_too() -> None:
    spaces = {
        each.body["metadata"]["namespace"]: each.body["spec"] for each in addresses(AGENT, CLUSTER)
    }

    assert spaces["ai"] == {
        "type": "ExternalName",
        "externalName": "agent.ai-node.svc.cluster.local",
    }
    assert spaces["ai-node"]["clusterIP"] == "None"


def test_a_service_that_listens_on_nothing_has_no_address() -> None:
    assert "Service" not in kinds(service(ports=()))


def test_the_front_door_has_one_address_inside_the_cluster() -> None:
    found = only("Service", service(front_door=True))

    assert found["spec"]["type"] == "ClusterIP"
    assert "clusterIP" not in found["spec"]
    assert "annotations" not in found["metadata"]


def test_an_internal_front_door_is_internal_on_every_cloud_that_would_make_it_public() -> None:
    found = only("Service", service(front_door=True), on=on_exposure("internal"))

    assert found["spec"]["type"] == "LoadBalancer"
    annotations = found["metadata"]["annotations"]
    assert annotations["service.beta.kubernetes.io/aws-load-balancer-scheme"] == "internal"
    assert annotations["networking.gke.io/load-balancer-type"] == "Internal"
    assert annotations["service.beta.kubernetes.io/azure-load-balancer-internal"] == "true"


def test_a_public_front_door_says_so() -> None:
    found = only("Service", service(front_door=True), on=on_exposure("public"))

    scheme = "service.beta.kubernetes.io/aws-load-balancer-scheme"
    assert found["metadata"]["annotations"][scheme] == "internet-facing"


@pytest.mark.parametrize("exposure", ["cluster", "internal", "public"])
def test_the_front_door_shows_its_client_ports_only(exposure: Exposure) -> None:
    found = only("Service", service(front_door=True), on=on_exposure(exposure))

    assert [port["port"] for port in found["spec"]["ports"]] == [8000]


@pytest.mark.parametrize("exposure", ["internal", "public"])
def test_nothing_but_the_front_door_is_ever_a_load_balancer(exposure: Exposure) -> None:
    found = only("Service", service(edge=True, serves_clients=True), on=on_exposure(exposure))

    assert found["spec"]["clusterIP"] == "None"


def test_the_front_door_comes_with_its_pods_as_its_address_needs_one_that_is_ready() -> None:
    found = objects(service(front_door=True))

    assert found["Service", "search-stable"].stage == found["Deployment", "search-stable"].stage
