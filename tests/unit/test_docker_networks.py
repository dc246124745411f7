"""Which networks a container is on, and where its ports are published."""

from typing import Any

import pytest

from components.audience import ClientArgs
from components.platforms.docker.args import DockerArgs
from components.platforms.docker.container import service_container
from components.platforms.docker.place import Kwargs
from components.spec import ServiceSpec
from components.spec.network import Port
from tests.unit.docker_objects import place, service


def container(spec: ServiceSpec | None = None, replica: int = 0, **changes: Any) -> Kwargs:
    """The container of ``spec``, or of a plain service with ``changes``."""
    return service_container(spec or service(**changes), replica, place())


def networks(kwargs: Kwargs) -> list[str]:
    return [entry["name"] for entry in kwargs["networks_advanced"]]


def test_every_service_is_on_the_internal_network_under_its_instance_name() -> None:
    kwargs = container(edge=False, ports=(), track="stable", replicas=2)

    assert kwargs["networks_advanced"] == [
        {"name": "ai-test-internal", "aliases": ["search-stable"]}
    ]


def test_a_service_at_the_edge_is_on_the_edge_network_as_well() -> None:
    assert networks(container()) == ["ai-test-internal", "ai-test-edge"]


def test_a_service_for_clients_joins_the_networks_of_the_clients() -> None:
    clients = tuple(ClientArgs(name=name, namespace=name) for name in ("notebooks", "website"))
    here = place(clients=clients)

    served = service_container(service(serves_clients=True), 0, here)
    other = service_container(service(), 0, here)

    assert networks(served)[2:] == ["notebooks", "website"]
    assert all(entry["aliases"] == ["search"] for entry in served["networks_advanced"])
    assert networks(other) == ["ai-test-internal", "ai-test-edge"]


def test_two_clients_on_one_network_are_joined_once() -> None:
    clients = tuple(ClientArgs(name=name, namespace="apps") for name in ("one", "two"))

    kwargs = service_container(service(serves_clients=True), 0, place(clients=clients))

    assert networks(kwargs).count("apps") == 1


def test_a_published_port_listens_on_the_address_of_the_settings() -> None:
    here = place(args=DockerArgs(address="192.0.2.7"))

    assert container()["ports"] == [{"internal": 8000, "external": 8000, "ip": "127.0.0.1"}]
    assert service_container(service(), 0, here)["ports"][0]["ip"] == "192.0.2.7"


def test_published_ports_are_in_the_order_in_which_the_provider_reads_them_back() -> None:
    ports = tuple(Port(name=f"p{n}", number=n, published=n) for n in (9000, 80, 8443))

    kwargs = container(ports=ports)

    assert [port["internal"] for port in kwargs["ports"]] == [80, 8443, 9000]


def test_only_the_first_copy_publishes_ports() -> None:
    spec = service(replicas=2)

    assert "ports" in container(spec, 0)
    assert "ports" not in container(spec, 1)


def test_a_port_that_docker_would_silently_not_publish_is_refused() -> None:
    with pytest.raises(ValueError, match="search publishes port 8000, so its spec needs edge"):
        container(edge=False)
