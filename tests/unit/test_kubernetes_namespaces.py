"""What stands before any service: two namespaces, a quota, limits, closed networks."""

import pytest

from components.audience import ImagesArgs
from components.capacity import CapacityArgs
from components.context import GpuArgs
from components.platforms.kubernetes.cluster import Cluster
from components.platforms.kubernetes.manifest import STAGES, Manifest
from components.platforms.kubernetes.namespace import foundation
from tests.unit.kubernetes_objects import CLUSTER, cluster


def found(on: Cluster = CLUSTER) -> dict[str, Manifest]:
    return {manifest.suffix: manifest for manifest in foundation(on)}


def test_services_live_under_the_restricted_level() -> None:
    labels = found()["namespace"].body["metadata"]["labels"]

    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
        assert labels[f"pod-security.kubernetes.io/{mode}-version"] == "latest"


def test_agents_live_beside_them_in_a_namespace_that_says_why_it_is_privileged() -> None:
    node = found()["node-namespace"].body["metadata"]

    assert node["name"] == "ai-node"
    assert node["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    assert "/proc" in node["annotations"]["researchflow.ai/privileged-reason"]


def test_both_namespaces_are_closed() -> None:
    closed = {
        manifest.body["metadata"]["namespace"]
        for manifest in found().values()
        if manifest.body["metadata"]["name"] == "default-deny"
    }

    assert closed == {"ai", "ai-node"}


def test_the_namespaces_come_first() -> None:
    stages = {suffix: STAGES.index(manifest.stage) for suffix, manifest in found().items()}

    first = {suffix for suffix, stage in stages.items() if stage == 0}
    assert first == {"namespace", "node-namespace"}


def test_the_quota_is_the_capacity() -> None:
    on = cluster(capacity=CapacityArgs(cpus=16, memory=64, disk=1000), gpu=GpuArgs(gpus=4))

    assert found(on)["quota"].body["spec"]["hard"] == {
        "requests.cpu": "16",
        "requests.memory": "64Gi",
        "limits.memory": "64Gi",
        "requests.storage": "1000Gi",
        "requests.nvidia.com/gpu": "4",
    }


def test_without_a_pool_the_quota_names_no_gpu() -> None:
    hard = found(cluster(gpu=None))["quota"].body["spec"]["hard"]

    assert not [key for key in hard if "gpu" in key]


def test_a_container_may_be_as_large_as_the_capacity_and_is_small_unless_it_says() -> None:
    container, volume = found()["limits"].body["spec"]["limits"]

    assert container["max"] == {"cpu": "8", "memory": "32Gi"}
    assert container["default"] == container["defaultRequest"] == {"cpu": "250m", "memory": "256Mi"}
    assert volume["max"] == {"storage": "500Gi"}


def test_the_defaults_fit_the_smallest_capacity() -> None:
    on = cluster(capacity=CapacityArgs(cpus=0.1, memory=0.125, disk=1))

    container, _ = found(on)["limits"].body["spec"]["limits"]

    assert container["default"] == container["max"] == {"cpu": "100m", "memory": "128Mi"}


def test_registry_credentials_are_in_both_namespaces_when_they_are_wanted() -> None:
    on = cluster(images=ImagesArgs(pull_secret=True))
    secrets = [each for each in foundation(on) if each.body["kind"] == "Secret"]

    assert [each.body["metadata"]["namespace"] for each in secrets] == ["ai", "ai-node"]
    for each in secrets:
        assert each.body["type"] == "kubernetes.io/dockerconfigjson"
        assert each.templates == {".dockerconfigjson": "${registryCredentials}"}


def test_no_registry_credentials_are_made_when_they_are_not() -> None:
    assert "Secret" not in {each.body["kind"] for each in foundation(cluster())}


def test_a_capacity_is_the_guides_hardware_minimum_unless_said() -> None:
    assert CapacityArgs() == CapacityArgs(cpus=8, memory=32, disk=500)


@pytest.mark.parametrize("field", ["cpus", "memory", "disk"])
def test_a_capacity_is_more_than_nothing(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        CapacityArgs(**{field: 0})
