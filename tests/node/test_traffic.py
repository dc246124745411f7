"""Who talks to whom: through the gateway, by name, and along the edges of the specs.

The bridge enforces no NetworkPolicy. That nothing else may talk is judged in ``tests/cluster``.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.e2e.harness.metrics import samples, total
from tests.e2e.harness.waiting import seconds_until
from tests.node.places import addresses_of, front_door, pod_of
from tests.node.stack import real

if TYPE_CHECKING:
    from components.spec import ServiceSpec
    from tests.cluster.platform import Platform
    from tests.node.machine.cluster import Cluster

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("node")]

OLLAMA, TRITON, FAISS, REDIS_EXPORTER = 11434, 8000, 5000, 9121
SCRAPED_SECONDS = 60
SECONDS = 10

EDGES = [
    (source, target, edge.port)
    for source in real().values()
    for edge in source.talks_to
    for target in real().values()
    if edge.service == target.name
]


@pytest.mark.parametrize(
    ("source", "target", "port"),
    EDGES,
    ids=[f"{source.instance}-{target.instance}-{port}" for source, target, port in EDGES],
)
def test_each_edge_of_the_specs_leads_from_pod_to_pod(
    node: Cluster, platform: Platform, source: ServiceSpec, target: ServiceSpec, port: int
) -> None:
    place = pod_of(node, platform, target.instance).address

    with pod_of(node, platform, source.instance).entered():
        socket.create_connection((place, port), timeout=SECONDS).close()


def test_the_name_of_a_service_leads_to_its_pod_and_that_of_the_gateway_to_one_address(
    node: Cluster, platform: Platform
) -> None:
    for instance, spec in real().items():
        pod = pod_of(node, platform, instance).address
        assert (addresses_of(node, platform, instance) == [pod]) != spec.front_door


def test_a_service_answers_through_the_gateways_one_address(
    node: Cluster, platform: Platform
) -> None:
    with node.world.entered():
        answer = httpx.get(front_door(node, platform, FAISS, "/health"), trust_env=False)

    assert answer.status_code == httpx.codes.OK


def test_so_it_does_for_another_pod(node: Cluster, platform: Platform) -> None:
    """Packets that leave by the bridge and come back by it are translated both ways."""
    with pod_of(node, platform, "pushgateway").entered():
        answer = httpx.get(front_door(node, platform, FAISS, "/health"), trust_env=False)

    assert answer.status_code == httpx.codes.OK


@pytest.mark.skipif("triton-stable" not in real(), reason="there is no Triton here")
def test_a_model_answers_through_the_gateway(node: Cluster, platform: Platform) -> None:
    given = {"name": "NUMBERS", "datatype": "FP32", "shape": [2, 1], "data": [1.5, 4]}
    with node.world.entered():
        url = front_door(node, platform, TRITON, "/v2/models/double/infer")
        answer = httpx.post(url, json={"inputs": [given]}, trust_env=False)

    assert answer.json()["outputs"][0]["data"] == [3, 8]


def test_a_service_without_a_pod_is_an_error_of_its_own_route_only(
    node: Cluster, platform: Platform
) -> None:
    with node.world.entered():
        answer = httpx.get(front_door(node, platform, OLLAMA, "/api/tags"), trust_env=False)

    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE


def test_prometheus_finds_every_pod_by_the_api_server_and_scrapes_it(
    node: Cluster, platform: Platform
) -> None:
    wanted = {spec.name for spec in real().values() if spec.scrape} | {"tls", "kubelet", "cadvisor"}
    place = pod_of(node, platform, "prometheus").address

    def up() -> set[str]:
        with node.world.entered():
            url = f"http://{place}:9090/api/v1/query"
            answer = httpx.get(url, params={"query": "up == 1"}, trust_env=False)
        return {each["metric"]["job"] for each in answer.json()["data"]["result"]}

    with contextlib.suppress(TimeoutError):
        seconds_until(lambda: wanted <= up(), within=SCRAPED_SECONDS)
    assert wanted - up() == set()


def test_nobody_speaks_plainly_with_a_server_that_has_a_sidecar(
    node: Cluster, platform: Platform
) -> None:
    spec = real()["faiss-stable"]
    place = pod_of(node, platform, spec.instance).address

    with node.world.entered():
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"http://{place}:{FAISS}/health", trust_env=False)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((place, spec.port("http").inside), timeout=SECONDS)


def test_the_redis_exporter_finds_redis_by_its_name_and_opens_it(
    node: Cluster, platform: Platform
) -> None:
    place = pod_of(node, platform, "redis-exporter").address
    with node.world.entered():
        answer = httpx.get(f"http://{place}:{REDIS_EXPORTER}/metrics", trust_env=False)

    assert total(samples(answer.text), "redis_up") == 1
