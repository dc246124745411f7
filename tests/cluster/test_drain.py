"""Nodes go and come back; of each service at most one copy is missing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from components.platforms.kubernetes.naming import INSTANCE
from tests.cluster.api import Ref
from tests.cluster.nodes import CPU_POOL, node
from tests.cluster.waiting import lowest_until_nothing, until_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.platforms.kubernetes.manifest import Body
    from tests.cluster.platform import Platform

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]


@contextmanager
def cordoned(platform: Platform, *names: str) -> Iterator[None]:
    """No new pod goes to these nodes meanwhile; afterwards everything is ready again."""
    refs = [Ref(api_version="v1", kind="Node", name=name) for name in names]
    for ref in refs:
        platform.api.patch(ref, {"spec": {"unschedulable": True}})
    try:
        yield
    finally:
        for ref in refs:
            platform.api.patch(ref, {"spec": {"unschedulable": None}})
        platform.settle()


@contextmanager
def spare_node(platform: Platform) -> Iterator[str]:
    """One more node for ordinary pods, which must have left it in the end."""
    ref = Ref.of(platform.api.apply(node("cpu-1", zone="a", pool=CPU_POOL)).body)
    try:
        yield ref.name
    finally:
        # Agents leave only a node that throws them out, and a pod of a node that is gone stays.
        thrown = [{"key": "example.com/leaving", "effect": "NoExecute"}]
        platform.api.patch(ref, {"spec": {"taints": thrown}})
        until_nothing(lambda: [str(Ref.of(pod)) for pod in on(platform, ref.name)])
        platform.api.delete(ref)
        platform.settle()


def on(platform: Platform, name: str) -> list[Body]:
    """The pods of a node."""
    return [pod for pod in platform.pods() if pod["spec"].get("nodeName") == name]


def drain(platform: Platform, name: str) -> dict[str, int]:
    """Evict all but agents from a node until none is left; the least copies of each service."""

    def left() -> list[str]:
        movable = [pod for pod in on(platform, name) if not of_an_agent(pod)]
        for pod in movable:
            if "deletionTimestamp" not in pod["metadata"]:
                platform.api.evict(pod)
        return [f"{Ref.of(pod)} is still on {name}" for pod in movable]

    return lowest_until_nothing(platform.available, left)


def of_an_agent(pod: Body) -> bool:
    """As ``kubectl drain --ignore-daemonsets`` sees it."""
    return any(owner["kind"] == "DaemonSet" for owner in pod["metadata"]["ownerReferences"])


def too_few(platform: Platform, lowest: dict[str, int]) -> dict[str, int]:
    """Services of which more than one copy was missing."""
    wanted = {spec.instance: spec.replicas for spec in platform.specs if not spec.per_node}
    return {name: lowest[name] for name, copies in wanted.items() if lowest[name] < copies - 1}


def test_a_drained_node_gives_its_pods_to_another_one_by_one(platform: Platform) -> None:
    with spare_node(platform) as spare:
        with cordoned(platform, "cpu-0"):
            lowest = drain(platform, "cpu-0")
            platform.settle()
        with cordoned(platform, spare):
            back = drain(platform, spare)
            platform.settle()

    assert too_few(platform, lowest) == {}
    assert too_few(platform, back) == {}


def test_a_gpu_node_can_be_drained_though_no_other_has_room(platform: Platform) -> None:
    with cordoned(platform, "gpu-0"):
        lowest = drain(platform, "gpu-0")

    assert too_few(platform, lowest) == {}


def test_where_no_pod_can_go_elsewhere_each_service_loses_one_copy(platform: Platform) -> None:
    """A single copy may go too: a budget that keeps it would block every drain."""
    servers = [spec for spec in platform.specs if not spec.per_node]
    gone = dict.fromkeys((spec.instance for spec in servers), 0)

    with cordoned(platform, "cpu-0", "gpu-0", "gpu-1"):
        for pod in platform.pods():
            if not of_an_agent(pod) and platform.api.evict(pod):
                gone[pod["metadata"]["labels"][INSTANCE]] += 1

    assert len(servers) > 10
    assert gone == dict.fromkeys(gone, 1)
