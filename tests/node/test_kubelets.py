"""What Prometheus reads of a real kubelet, and that it may read nothing else of it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from components.monitoring.kubelets import ACCOUNT
from components.spec.network import KUBELET_PORT
from tests.e2e.harness.waiting import seconds_until
from tests.e2e.harness.world import HUB
from tests.node.places import pod_of
from tests.node.stack import real

if TYPE_CHECKING:
    from components.spec import ServiceSpec
    from tests.cluster.platform import Platform
    from tests.node.machine.cluster import Cluster

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("node")]

METRICS = ("/metrics", "/metrics/cadvisor")
OTHERS = ("/pods", "/stats/summary", "/logs/", "/configz", "/containerLogs/a/b/c")
"""What else a kubelet tells whoever may ``get`` other parts of ``nodes``."""
PATIENCE_SECONDS = 150
"""A kubelet looks at its volumes once a minute."""


def mounted(node: Cluster, platform: Platform, file: str) -> str:
    """A file of Prometheus' own service account, as its pod has it."""
    return pod_of(node, platform, "prometheus").proc(f"root{ACCOUNT}/{file}").read_text()


def issued(platform: Platform, spec: ServiceSpec) -> str:
    """A token of a service's account, whose pod may have none."""
    namespace = platform.namespaces[bool(spec.privileged_reason)]
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{spec.instance}/token"
    answer = platform.api.client.post(path, json={"spec": {"expirationSeconds": 600}})
    token: str = answer.raise_for_status().json()["status"]["token"]
    return token


def status(node: Cluster, platform: Platform, path: str, token: str | None) -> int:
    """How the kubelet answers who has ``token``; its certificate is verified."""
    known = ssl.create_default_context(cadata=mounted(node, platform, "ca.crt"))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"https://{HUB}:{KUBELET_PORT}{path}"
    with node.world.entered():
        return httpx.get(url, headers=headers, verify=known, trust_env=False).status_code


def told(node: Cluster, platform: Platform, query: str, label: str) -> dict[str, float]:
    """What Prometheus answers ``query``: a value for each value of ``label``."""
    url = f"http://{pod_of(node, platform, 'prometheus').address}:9090/api/v1/query"
    with node.world.entered():
        answer = httpx.get(url, params={"query": query}, trust_env=False).raise_for_status()
    found = answer.json()["data"]["result"]
    return {each["metric"][label]: float(each["value"][1]) for each in found}


def test_the_token_of_prometheus_opens_metrics_and_nothing_else(
    node: Cluster, platform: Platform
) -> None:
    token = mounted(node, platform, "token")

    found = {path: status(node, platform, path, token) for path in (*METRICS, *OTHERS)}

    assert found == {
        **dict.fromkeys(METRICS, httpx.codes.OK),
        **dict.fromkeys(OTHERS, httpx.codes.FORBIDDEN),
    }


def test_nobody_else_of_the_platform_may_read_a_kubelet(node: Cluster, platform: Platform) -> None:
    others = [spec for spec in real().values() if not spec.kubelet_metrics]

    found = {
        spec.instance: status(node, platform, METRICS[0], issued(platform, spec)) for spec in others
    }

    assert found == {spec.instance: httpx.codes.FORBIDDEN for spec in others}
    assert status(node, platform, METRICS[0], None) == httpx.codes.UNAUTHORIZED
    assert found


def test_prometheus_knows_how_full_the_volume_of_every_pod_is(
    node: Cluster, platform: Platform
) -> None:
    claims = {f"{s.instance}-{volume.name}" for s in real().values() for volume in s.volumes}
    free = "kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes"

    def known() -> dict[str, float]:
        return told(node, platform, free, "persistentvolumeclaim")

    seconds_until(lambda: claims <= known().keys(), within=PATIENCE_SECONDS)

    assert known().keys() == claims
    assert all(0 < share <= 1 for share in known().values())


@pytest.mark.skipif("triton-stable" not in real(), reason="there is no Triton here")
def test_the_memory_of_a_container_that_tells_nothing_is_that_of_its_service(
    node: Cluster, platform: Platform
) -> None:
    (pod,) = platform.pods_of("triton-stable")
    limit = real()["triton-stable"].resources.memory * 2**30

    def known() -> dict[str, float]:
        return told(node, platform, 'service_memory_bytes{service="triton"}', "instance")

    seconds_until(lambda: bool(known()), within=PATIENCE_SECONDS)

    assert known().keys() == {pod["metadata"]["name"]}
    assert all(0 < bytes_ < limit for bytes_ in known().values())


def test_of_all_that_a_kubelet_tells_only_what_is_read_is_kept(
    node: Cluster, platform: Platform
) -> None:
    kept = '{job=~"kubelet|cadvisor", __name__!~"up|scrape_.*"}'
    seconds_until(lambda: bool(told(node, platform, kept, "__name__")), within=PATIENCE_SECONDS)

    namespaces = told(node, platform, f"count by (namespace) ({kept})", "namespace")
    containers = told(
        node, platform, f'count by (container) ({kept[:-1]}, container!=""}})', "container"
    )

    assert namespaces.keys() == {platform.namespaces[0]}
    assert containers.keys() <= {"ollama", "triton"}
