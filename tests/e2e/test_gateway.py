"""A real Envoy with the gateway's configuration, in front of real servers and stand-ins."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from components.gateway.metrics import DURATION, ERRORS, REQUESTS, counts
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
CHECKS = ((OLLAMA, "/api/tags"), (TRITON, "/v2/health/ready"), (FAISS, "/health"))
ROUTES_FILE = route_path(specs()["faiss"])
ROUTES = route_file((specs()["faiss"],), {"stable": 100})
# What it would say if FAISS' port led to Ollama: a change that anybody can see.
REROUTED = ROUTES.replace(
    f"name: {cluster_name(specs()['faiss'])}", f"name: {cluster_name(specs()['ollama'])}"
)


@pytest.fixture
def gateway(platform: Platform) -> Iterator[Container]:
    gateway = platform["gateway"]
    for port, path in CHECKS:
        # Its health checks may notice a moment later than ours that a server is back.
        seconds_until(answers(gateway, port, path), within=10)
    yield gateway
    gateway.rewrite(ROUTES_FILE, ROUTES)


def answers(gateway: Container, port: int, path: str) -> Callable[[], bool]:
    """Whether a request to the gateway succeeds, each time that it is asked."""
    return lambda: gateway.get(port, path).is_success


@pytest.mark.parametrize(("port", "path"), CHECKS)
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


def test_prometheus_knows_the_same_requests_under_the_platforms_own_names(
    platform: Platform, gateway: Container
) -> None:
    def stored(name: str) -> float:
        found = platform.query(f'sum({name}{{service="faiss", track="stable"}})')
        return float(found[0]["value"][1]) if found else 0.0

    for _ in range(5):
        gateway.get(FAISS, "/health")
    expected = counts(gateway.get(9902, "/stats/prometheus").text)["faiss", "stable"]

    seconds_until(lambda: stored(REQUESTS) >= expected.requests, within=40)
    assert stored(f"{DURATION}_count") >= expected.measured
    # It is there before the first error, or the first error would be invisible to rate().
    assert platform.query(f'{ERRORS}{{service="faiss", track="stable", reason="reset"}}')


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
