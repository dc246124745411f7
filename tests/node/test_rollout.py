"""Hands and eyes of a rollout on a real kubelet: the fast lane, and evidence by port-forward."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from components.gateway.bootstrap import STATS_PORT
from components.platforms.kubernetes.refresh import connect
from rf import targets
from rf.rollout import readings
from rf.rollout.clock import SystemClock
from rf.rollout.effects.cluster import ClusterDelivery, ClusterGateways, ClusterInside
from rf.rollout.lanes import Lanes, expected
from rf.rollout.subject import VersionSubject
from rf.rollout.world import World
from settings import parse
from tests.node.places import front_door
from tests.node.stack import FILE, settings
from tests.node.test_changes import deploy, pods

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubernetes.client import ApiClient

    from settings import Stack
    from tests.cluster.platform import Platform
    from tests.node.machine.cluster import Cluster

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("node")]

FAISS = 5000
REQUESTS = 20
SUBJECT = VersionSubject(service="ollama", version="0" * 12, changes={"num_parallel": 2})


@pytest.fixture
def client(node: Cluster) -> Iterator[ApiClient]:
    """The API server, asked from inside the node's world."""
    with node.world.entered():
        yield connect(node.kubeconfig, None)


def world(client: ApiClient, platform: Platform, stack: Stack) -> World:
    """As ``Wiring`` joins it, but for what these tests do not ask."""
    none: Any = None
    checked = cast("Any", SimpleNamespace(stack=stack))
    return World(
        desired=none,
        delivery=ClusterDelivery(client, targets.cluster(checked)),
        gateways=ClusterGateways(
            client, platform.namespaces[0], "gateway", port=STATS_PORT, path=readings.STATISTICS
        ),
        deployer=none,
        clock=SystemClock(),
        notifier=none,
        store=none,
    )


def test_a_weight_is_written_served_and_the_same_as_the_next_deployment_has_it(
    client: ApiClient, platform: Platform, tell: Callable[[str], None]
) -> None:
    before = pods(platform)
    stack = parse(settings(canary_weight=10), FILE)
    effects = world(client, platform, stack)
    lanes = Lanes(effects, SUBJECT)

    try:
        began = time.monotonic()
        lanes.deliver(stack)
        took = time.monotonic() - began
        gateways = readings.read(effects.gateways.scrape())
        different = deploy(platform, settings(canary_weight=10))
    finally:
        lanes.deliver(parse(settings(), FILE))

    tell(f"the fast lane: weights served {took:.2f} s after it began")
    assert gateways
    assert all(expected(stack).items() <= each.served.items() for each in gateways.values())
    assert different == []
    assert pods(platform) == before


def test_every_request_is_counted_once_by_the_gateway_that_answered_it(
    node: Cluster, client: ApiClient, platform: Platform
) -> None:
    effects = world(client, platform, parse(settings(), FILE))
    url = front_door(node, platform, FAISS, "/health")

    def counted() -> int:
        found = readings.read(effects.gateways.scrape())
        poll = readings.version_poll(found, "faiss", 0, "canary")
        return sum(pod.control.requests for pod in poll.pods.values())

    before = counted()
    statuses = {httpx.get(url, trust_env=False).status_code for _ in range(REQUESTS)}

    assert statuses == {httpx.codes.OK}
    assert counted() - before == REQUESTS


def test_a_service_that_no_client_reaches_answers_from_inside(
    client: ApiClient, platform: Platform
) -> None:
    pushgateway = next(spec for spec in platform.specs if spec.name == "pushgateway")
    inside = ClusterInside(client, platform.namespaces[0])

    assert "push_time_seconds" not in inside.exchange(pushgateway, "/metrics")
    inside.exchange(pushgateway, "/metrics/job/rollout-test", "rollout_test 1\n")
    assert "rollout_test{" in inside.exchange(pushgateway, "/metrics")
