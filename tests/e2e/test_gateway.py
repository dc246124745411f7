"""A real Envoy with the gateway's configuration, in front of real servers and stand-ins."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from components.gateway.names import cluster_name
from components.gateway.routes import route_file, route_path
from tests.e2e.harness.container import Container
from tests.e2e.harness.metrics import total
from tests.e2e.harness.needs import needs
from tests.e2e.harness.platform import Platform
from tests.e2e.harness.stack import DRAIN_SECONDS, specs
from tests.e2e.harness.traffic import Traffic
from tests.e2e.harness.waiting import seconds_until

pytestmark = [pytest.mark.xdist_group("e2e"), needs("gateway")]

OLLAMA, TRITON, FAISS = 11434, 8000, 5000
ROUTES_FILE = route_path(specs()["faiss"])
ROUTES = route_file(specs()["faiss"])
# What it would say if FAISS' port led to Ollama: a change that anybody can see.
REROUTED = ROUTES.replace(
    f"cluster: {cluster_name(specs()['faiss'])}", f"cluster: {cluster_name(specs()['ollama'])}"
)


@pytest.fixture
def gateway(platform: Platform) -> Iterator[Container]:
    gateway = platform["gateway"]
    yield gateway
    gateway.rewrite(ROUTES_FILE, ROUTES)
    seconds_until(lambda: gateway.get(FAISS, "/health").is_success, within=10)


@pytest.mark.parametrize(
    ("port", "path"),
    [(OLLAMA, "/api/tags"), (TRITON, "/v2/health/ready"), (FAISS, "/health")],
)
def test_the_guides_checks_are_answered_on_the_guides_ports(
    gateway: Container, port: int, path: str
) -> None:
    assert gateway.get(port, path).status_code == httpx.codes.OK


def test_requests_are_counted_under_the_service_and_its_version(
    platform: Platform, gateway: Container
) -> None:
    def answered() -> float:
        name = "envoy_cluster_upstream_rq"
        labels = {"envoy_cluster_name": "faiss_stable", "envoy_response_code": "200"}
        return total(gateway.metrics(), name, **labels)

    gateway.get(FAISS, "/health")
    before = answered()
    with Traffic(world=platform.world, url=gateway.url(FAISS, "/health")) as traffic:
        time.sleep(0.5)

    assert set(traffic.results) == {200}
    assert answered() - before == len(traffic.outcomes)


def test_a_renamed_route_file_is_in_force_within_two_seconds_and_fails_no_request(
    platform: Platform, gateway: Container
) -> None:
    pid = gateway.pid

    with Traffic(world=platform.world, url=gateway.url(OLLAMA, "/api/tags")) as traffic:
        gateway.rewrite(ROUTES_FILE, REROUTED)
        took = seconds_until(lambda: gateway.get(FAISS, "/api/tags").is_success, within=10)
        time.sleep(0.2)

    assert took < 2
    assert set(traffic.results) == {200}
    assert gateway.running
    assert gateway.pid == pid


def test_a_route_file_that_cannot_be_read_changes_nothing(gateway: Container) -> None:
    def refused() -> float:
        metrics = gateway.metrics()
        name = "envoy_http_rds_update_failure"
        return total(metrics, name) + total(metrics, "envoy_http_rds_update_rejected")

    before = refused()
    gateway.rewrite(ROUTES_FILE, "resources: [")
    seconds_until(lambda: refused() > before, within=5)

    assert gateway.get(FAISS, "/health").is_success
    assert gateway.get(OLLAMA, "/api/tags").is_success


def test_a_request_that_is_running_is_finished_while_the_gateway_drains_and_stops(
    platform: Platform, gateway: Container
) -> None:
    platform.behave("ollama", delay=DRAIN_SECONDS - 1.0)
    try:
        with ThreadPoolExecutor(2) as pool:
            slow = pool.submit(gateway.get, OLLAMA, "/api/tags")
            time.sleep(0.3)
            stopping = pool.submit(gateway.drain_and_stop)
            seconds_until(lambda: gateway.get(9902, "/ready").status_code == 503, within=2)

            assert slow.result().status_code == httpx.codes.OK
            assert stopping.result() == 0
    finally:
        platform.behave("ollama", delay=0.0)
        gateway.start()
        platform.wait_until_ready("gateway")


def test_a_server_that_is_gone_is_an_error_of_its_own_route_only_until_it_is_back(
    platform: Platform, gateway: Container
) -> None:
    faiss = platform["faiss"]
    faiss.kill()

    assert gateway.get(FAISS, "/health").status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert gateway.get(OLLAMA, "/api/tags").is_success

    faiss.start()
    platform.wait_until_ready("faiss")
    seconds_until(lambda: gateway.get(FAISS, "/health").is_success, within=15)


def test_a_server_that_hangs_holds_its_requests_and_answers_them_when_it_goes_on(
    platform: Platform, gateway: Container
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with platform["faiss"].frozen():
            held = pool.submit(gateway.get, FAISS, "/health")
            time.sleep(1)
            assert not held.done()

        assert held.result().is_success


def test_an_error_of_a_server_reaches_the_client_as_it_is(
    platform: Platform, gateway: Container
) -> None:
    with platform.impersonated("faiss", status=503):
        seconds_until(lambda: gateway.get(FAISS, "/health").text == "", within=15)
        assert gateway.get(FAISS, "/health").status_code == httpx.codes.SERVICE_UNAVAILABLE
    seconds_until(lambda: gateway.get(FAISS, "/health").is_success, within=15)
