"""New versions come in, one service at a time or all at once, however full the platform is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cluster.api import Ref
from tests.cluster.nodes import GPU
from tests.cluster.waiting import lowest_until_nothing, until_nothing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from components.platforms.kubernetes.manifest import Body
    from components.spec import ServiceSpec
    from tests.cluster.platform import Platform

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

ROLLED = "researchflow.ai/rolled"
QUOTA_EXCEEDED = f"exceeded quota: capacity, requested: requests.{GPU}=1"
NO_GPU_FREE = f"Insufficient {GPU}"


def roll(platform: Platform, workloads: Iterable[Body], version: str) -> list[Ref]:
    """Change the pod template of each, as a new configuration does."""
    change = {"spec": {"template": {"metadata": {"annotations": {ROLLED: version}}}}}
    refs = [Ref.of(body) for body in workloads]
    for ref in refs:
        platform.api.patch(ref, change)
    return refs


def deployment(platform: Platform, spec: ServiceSpec) -> Body:
    """The Deployment of ``spec``, as the server has it."""
    (found,) = (
        body
        for body in platform.workloads("Deployment")
        if body["metadata"]["name"] == spec.instance
    )
    return found


def refusals(platform: Platform) -> set[tuple[str, int, str]]:
    """What controllers said about pods that they were not allowed to create, and how often."""
    return {
        (event["metadata"]["name"], event["count"], event["message"])
        for namespace in platform.namespaces
        for event in platform.api.list("v1", "Event", namespace)
        if event["reason"] == "FailedCreate"
    }


def unscheduled(platform: Platform, spec: ServiceSpec) -> list[str]:
    """Why the scheduler finds no node for pods of ``spec``."""
    return [
        condition.get("message", "")
        for pod in platform.pods_of(spec.instance)
        for condition in pod["status"].get("conditions", [])
        if condition["type"] == "PodScheduled" and condition["status"] == "False"
    ]


def free_gpus(platform: Platform) -> int:
    """GPUs of the nodes that no pod has."""
    nodes = platform.api.list("v1", "Node")
    there = sum(int(node["status"]["allocatable"].get(GPU, 0)) for node in nodes)
    return there - sum(
        int(container["resources"].get("limits", {}).get(GPU, 0))
        for pod in platform.pods()
        for container in pod["spec"]["containers"]
    )


def test_the_quota_leaves_room_for_an_update_of_each_service(platform: Platform) -> None:
    earlier = refusals(platform)

    for body in platform.workloads():
        roll(platform, [body], "alone")
        platform.settle()

        assert refusals(platform) - earlier == set(), body["metadata"]["name"]


def test_all_are_updated_at_once_and_what_needs_no_disk_or_gpu_is_never_down(
    platform: Platform,
) -> None:
    refs = roll(platform, platform.workloads(), "together")

    lowest = lowest_until_nothing(platform.available, lambda: platform.unready(refs))
    platform.settle()

    wanted = {
        spec.instance: spec.replicas
        for spec in platform.specs
        if not (spec.recreate or spec.per_node)
    }
    assert len(wanted) > 4
    assert {name: lowest[name] for name in wanted if lowest[name] < wanted[name]} == {}


def test_each_gpu_service_is_updated_while_all_gpus_are_taken(platform: Platform) -> None:
    users = [spec for spec in platform.specs if spec.resources.gpus and not spec.per_node]
    assert len(users) > 1

    for spec in users:
        before = {pod["metadata"]["name"] for pod in platform.pods_of(spec.instance)}
        assert free_gpus(platform) == 0
        roll(platform, [deployment(platform, spec)], "full")
        platform.settle()

        after = {pod["metadata"]["name"] for pod in platform.pods_of(spec.instance)}
        assert len(after) == spec.replicas
        assert after.isdisjoint(before)


def test_a_copy_more_on_a_gpu_would_have_to_wait_for_ever(platform: Platform) -> None:
    """What the updates of GPU services are spared by stopping the old copy first.

    The quota refuses the copy, or the scheduler finds no GPU for it: the controller that counts
    what a quota has given out may lag a few minutes behind the pods.
    """
    spec = next(each for each in platform.specs if each.resources.gpus and not each.per_node)
    found = deployment(platform, spec)
    earlier = refusals(platform)
    surge = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    platform.api.patch(Ref.of(found), {"spec": {"strategy": surge}})

    roll(platform, [found], "surge")

    def waits() -> list[str]:
        refused = any(QUOTA_EXCEEDED in said for _, _, said in refusals(platform) - earlier)
        unplaced = any(NO_GPU_FREE in said for said in unscheduled(platform, spec))
        return [] if refused or unplaced else ["the copy was neither refused nor left waiting"]

    until_nothing(waits)
    back = {"type": "Recreate", "rollingUpdate": None}
    platform.api.patch(Ref.of(found), {"spec": {"strategy": back}})
    platform.settle()


def test_models_are_pulled_beside_running_servers(platform: Platform) -> None:
    """Under a new name, as the job gets one when the models change."""
    jobs = [body for body in platform.objects if body["kind"] == "Job"]

    assert jobs
    for body in jobs:
        again = {**body, "metadata": {**body["metadata"], "name": body["metadata"]["name"] + "-2"}}
        ref = Ref.of(platform.api.apply(again).body)
        until_nothing(lambda ref=ref: platform.unready([ref]))  # type: ignore[misc]
        platform.api.delete(ref)


def test_a_container_that_names_nothing_gets_little(platform: Platform) -> None:
    name, _ = platform.namespaces
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "by-hand", "namespace": name},
        "spec": {
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "anything",
                    "image": "example/anything:1",
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
            ],
        },
    }

    (container,) = platform.api.create(body, dry_run=True).body["spec"]["containers"]

    few = {"cpu": "250m", "memory": "256Mi"}
    assert container["resources"] == {"requests": few, "limits": few}
