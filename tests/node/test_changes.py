"""What a new deployment restarts, and what it does not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from components.flags import OFREP_PORT, Flags
from components.platforms.kubernetes.refresh import connect, refresh, stamp
from rf.health.questions import EVALUATE, NOBODY
from tests.cluster.api import Ref
from tests.e2e.harness.waiting import seconds_until
from tests.node.places import pod_of
from tests.node.stack import described, real, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from components.platforms.kubernetes.manifest import Body
    from tests.cluster.platform import Platform
    from tests.node.machine.cluster import Cluster
    from tests.node.machine.pods import Running

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("node")]

ADMIN = "http://127.0.0.1:9901"
IN_FORCE_SECONDS = 2.0
PATIENCE_SECONDS = 100.0


def pods(platform: Platform) -> dict[str, str]:
    """Name by identity of every pod."""
    return {pod["metadata"]["uid"]: pod["metadata"]["name"] for pod in platform.pods()}


def deploy(platform: Platform, tree: dict[str, Any]) -> list[Body]:
    """Apply what is different from what is there; returns it."""
    before = {Ref.of(body): platform.api.get(Ref.of(body)) for body in platform.objects}
    different = []
    for body in described(platform.api, tree).objects:
        after = platform.api.apply(body).body
        was = before[Ref.of(body)]["metadata"]["resourceVersion"]
        if after["metadata"]["resourceVersion"] != was:
            different.append(body)
    platform.settle()
    return different


def versions(gateway: Running) -> set[str]:
    """The route files that the gateway serves."""
    with gateway.entered():
        url = f"{ADMIN}/config_dump?resource=dynamic_route_configs"
        dumped = httpx.get(url, trust_env=False).json()["configs"]
    return {each["version_info"] for each in dumped}


@pytest.fixture
def as_it_was(platform: Platform) -> Iterator[None]:
    """What a test deploys is taken back."""
    yield
    deploy(platform, settings())


@pytest.mark.usefixtures("as_it_was")
def test_a_changed_setting_rolls_the_pods_of_its_service_and_no_others(
    node: Cluster, platform: Platform
) -> None:
    before = pods(platform)
    tree = settings()
    services = tree["services"]
    redis = services["redis"] | {"memory": 0.5}

    different = deploy(platform, tree | {"services": services | {"redis": redis}})

    after = pods(platform)
    gone = {name.rsplit("-", 2)[0] for uid, name in before.items() if uid not in after}
    # Alerts about Redis' memory change with it, and so does Prometheus.
    assert gone == {b["metadata"]["name"] for b in different if b["kind"] == "Deployment"}
    assert gone in ({"redis"}, {"redis", "prometheus"})
    config = pod_of(node, platform, "redis").proc("root/etc/redis/redis.conf").read_text()
    assert f"maxmemory {int(0.75 * 2**29)}" in config


@pytest.mark.usefixtures("as_it_was")
def test_a_changed_weight_restarts_nothing_and_is_in_force_within_two_seconds_of_its_patch(
    node: Cluster, platform: Platform, tell: Callable[[str], None]
) -> None:
    before = pods(platform)
    gateway = pod_of(node, platform, "gateway")
    served = versions(gateway)

    different = deploy(platform, settings(canary_weight=10))
    (live,) = different
    (wanted,) = {yaml.safe_load(text)["version_info"] for text in live["data"].values()} - served
    with node.world.entered():
        client = connect(node.kubeconfig, None)
        patched = time.monotonic()
        assert refresh(client, platform.namespaces[0], "gateway", stamp(live["data"])) == 1
    seconds_until(lambda: wanted in versions(gateway), within=PATIENCE_SECONDS)
    took = time.monotonic() - patched

    tell(f"changed weights in force {took:.2f} s after the patch")
    assert live["kind"] == "ConfigMap"
    assert took < IN_FORCE_SECONDS
    assert pods(platform) == before


@pytest.mark.skipif(Flags.service not in real(), reason="no flagd on PATH")
@pytest.mark.usefixtures("as_it_was")
def test_so_it_is_with_a_changed_percentage_in_flagd(
    node: Cluster, platform: Platform, tell: Callable[[str], None]
) -> None:
    def sees(feature: str) -> bool:
        with node.world.entered():
            answer = httpx.post(f"{url}/{feature}", content=NOBODY, trust_env=False)
        found: bool = answer.raise_for_status().json()["value"]
        return found

    before = pods(platform)
    url = f"http://{pod_of(node, platform, Flags.service).address}:{OFREP_PORT}{EVALUATE}"
    assert sees("ai_inference")

    features = settings()["features"] | {"ai_inference": 0}
    (live,) = deploy(platform, settings() | {"features": features})
    with node.world.entered():
        client = connect(node.kubeconfig, None)
        patched = time.monotonic()
        assert refresh(client, platform.namespaces[0], Flags.service, stamp(live["data"])) == 1
    seconds_until(lambda: not sees("ai_inference"), within=PATIENCE_SECONDS)
    took = time.monotonic() - patched

    tell(f"a changed percentage in force {took:.2f} s after the patch")
    assert sees("vector_search")
    assert took < IN_FORCE_SECONDS
    assert pods(platform) == before
