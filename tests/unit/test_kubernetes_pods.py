"""Pods: who they run as, what they get, and where they go."""

import pytest

from components.audience import ImagesArgs
from components.spec.mounts import File, HostMount, Scratch, SecretFile, Volume
from components.spec.runs import Resources
from tests.unit.kubernetes_objects import (
    AGENT,
    JOB,
    cluster,
    container,
    job_pod,
    only,
    pod,
    service,
    violations,
)


def test_servers_and_jobs_meet_the_restricted_level() -> None:
    spec = service(
        jobs=(JOB,),
        volumes=(Volume(name="data", path="/data", size=1),),
        scratch=(Scratch(path="/dev/shm", size=1),),
        files=(File(path="/etc/search/config.json", content="{}"),),
        secret_files=(SecretFile(path="/run/secrets/search/key", template="${key}"),),
    )

    assert violations(pod(spec)) == []
    assert violations(job_pod(spec)) == []


def test_the_check_of_the_restricted_level_finds_what_an_agent_needs() -> None:
    agent = service(
        per_node=True,
        user=0,
        privileged_reason="needs the host",
        host_pid=True,
        host_mounts=(HostMount(host="/proc", path="/host/proc"),),
        capabilities=("SYS_TIME",),
    )

    assert violations(pod(agent)) == [
        "hostPID",
        "volume hostPath",
        "runs as root",
        "adds SYS_TIME",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"user": 0},
        {"host_pid": True},
        {"host_mounts": (HostMount(host="/", path="/host"),)},
        {"capabilities": ("SYS_ADMIN",)},
    ],
)
def test_a_privilege_without_a_reason_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"search-stable .*privileged_reason"):
        pod(service(**change))


def test_a_pod_runs_as_the_numeric_user_and_group_of_its_spec() -> None:
    context = pod(service(user=7, group=8))["spec"]["securityContext"]

    assert (context["runAsUser"], context["runAsGroup"], context["fsGroup"]) == (7, 8, 8)
    assert context["fsGroupChangePolicy"] == "OnRootMismatch"


def test_the_root_filesystem_is_read_only_unless_the_spec_says_otherwise() -> None:
    assert container(service())["securityContext"]["readOnlyRootFilesystem"]
    assert not container(service(read_only_root=False))["securityContext"]["readOnlyRootFilesystem"]


def test_requests_are_limits() -> None:
    resources = container(service(resources=Resources(cpu=0.25, memory=0.5)))["resources"]

    assert resources["requests"] == resources["limits"] == {"cpu": "250m", "memory": "512Mi"}


def test_a_gpu_is_limited_tolerated_and_looked_for_in_its_pool() -> None:
    spec = service(resources=Resources(cpu=1, memory=1, gpus=1))

    assert container(spec)["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert container(spec)["resources"]["requests"]["nvidia.com/gpu"] == "1"
    assert pod(spec)["spec"]["nodeSelector"] == {"researchflow.ai/pool": "l4"}
    assert pod(spec)["spec"]["tolerations"] == [
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    ]


def test_a_service_without_gpus_stays_off_the_gpu_nodes() -> None:
    assert not {"nodeSelector", "tolerations"} & pod(service())["spec"].keys()


def test_gpus_without_a_pool_are_refused() -> None:
    with pytest.raises(ValueError, match="asks for 1 GPUs, but there is no GPU pool"):
        pod(service(resources=Resources(cpu=1, memory=1, gpus=1)), cluster(gpu=None))


def test_an_agent_that_names_gpus_watches_gpu_nodes_without_taking_a_gpu() -> None:
    agent = service(
        per_node=True, privileged_reason="reads GPUs", resources=Resources(cpu=1, memory=1, gpus=1)
    )

    assert pod(agent)["spec"]["nodeSelector"] == {"researchflow.ai/pool": "l4"}
    assert "nvidia.com/gpu" not in container(agent)["resources"]["limits"]


def test_any_other_agent_runs_on_gpu_nodes_too() -> None:
    assert "nodeSelector" not in pod(AGENT)["spec"]
    assert pod(AGENT)["spec"]["tolerations"][0]["key"] == "nvidia.com/gpu"


def test_images_come_through_the_mirror_with_the_pull_secret() -> None:
    on = cluster(images=ImagesArgs(mirror="mirror.example", pull_secret=True))

    assert container(service(), on)["image"] == "mirror.example/docker.io/example/search:1.2.3"
    assert pod(service(), on)["spec"]["imagePullSecrets"] == [{"name": "registry-credentials"}]


def test_pods_of_one_version_spread_over_zones_and_nodes() -> None:
    constraints = pod(service())["spec"]["topologySpreadConstraints"]

    assert [each["topologyKey"] for each in constraints] == [
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]
    labels = only("Deployment", service())["spec"]["selector"]["matchLabels"]
    for each in constraints:
        assert each["whenUnsatisfiable"] == "ScheduleAnyway"
        assert each["labelSelector"]["matchLabels"] == labels
