"""Workloads: which objects a spec becomes, and how they are replaced."""

from dataclasses import replace
from typing import Any

import pytest

from components.platforms.kubernetes.files import live_manifests
from components.platforms.kubernetes.manifests import manifests
from components.spec import ApiAccess
from components.spec.mounts import File, Volume
from components.spec.runs import Resources
from tests.unit.kubernetes_objects import (
    AGENT,
    CLUSTER,
    JOB,
    kinds,
    objects,
    only,
    service,
)

DATA = Volume(name="data", path="/data", size=100)


def test_a_plain_service_is_a_deployment_that_can_be_found_reached_and_drained() -> None:
    assert kinds(service()) == [
        "Deployment",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    ]


def test_every_object_names_its_namespace_and_carries_the_labels_of_its_service() -> None:
    spec = service(jobs=(JOB,), volumes=(DATA,), files=(File(path="/etc/a/b", content="c"),))

    for manifest in objects(spec).values():
        metadata = manifest.body["metadata"]
        assert metadata["namespace"] == "ai"
        assert metadata["name"].startswith("search-stable")
        assert metadata["labels"]["researchflow.ai/track"] == "stable"
        assert metadata["labels"]["researchflow.ai/environment"] == "staging"


def test_no_two_objects_share_a_logical_name() -> None:
    spec = service(
        jobs=(replace(JOB, internet=True, files=(File(path="/etc/a/b", content="c"),)),),
        volumes=(DATA,),
        files=(File(path="/etc/a/b", content="c"), File(path="/etc/live/b", content="", live=True)),
        api_access=(ApiAccess(resources=("pods",), verbs=("list",)),),
    )

    made = (*live_manifests(spec, CLUSTER), *manifests(spec, (), CLUSTER))
    suffixes = [manifest.suffix for manifest in made]

    assert len(set(suffixes)) == len(suffixes) == 15


def test_a_service_without_volumes_rolls_a_pod_more_before_a_pod_less() -> None:
    assert only("Deployment", service())["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
    }


@pytest.mark.parametrize(
    "change",
    [
        {"volumes": (DATA,)},
        {"resources": Resources(cpu=1, memory=1, gpus=1)},
        {"one_writer": True},
    ],
)
def test_what_old_and_new_cannot_share_is_stopped_before_it_is_started(
    change: dict[str, Any],
) -> None:
    assert only("Deployment", service(**change))["spec"]["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_disruption_budget_lets_one_pod_go_at_a_time_and_never_blocks_a_drain(
    replicas: int,
) -> None:
    budget = only("PodDisruptionBudget", service(replicas=replicas))["spec"]

    assert budget["maxUnavailable"] == 1
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_an_agent_is_a_daemon_set_in_the_namespace_beside_and_says_why() -> None:
    daemon_set = only("DaemonSet", AGENT)

    assert "PodDisruptionBudget" not in kinds(AGENT)
    assert daemon_set["metadata"]["namespace"] == "ai-node"
    assert daemon_set["metadata"]["annotations"] == {
        "researchflow.ai/privileged-reason": "reads the host's /proc"
    }
