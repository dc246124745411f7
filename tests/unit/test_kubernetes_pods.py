"""Pods: who they run as, how they are checked, what they get, what they mount, how they stop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.audience import ImagesArgs
from components.platforms.kubernetes import quantity
from components.platforms.kubernetes.naming import fitted
from components.spec import (
    ApiAccess,
    Drain,
    ExecCheck,
    File,
    Health,
    HostMount,
    NoCheck,
    Resources,
    Scratch,
    SecretFile,
    Volume,
)
from tests.unit.kubernetes_objects import (
    AGENT,
    CHECK,
    JOB,
    cluster,
    container,
    job_pod,
    only,
    pod,
    service,
    violations,
)

SECONDS = st.integers(min_value=1, max_value=3600)


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
    with pytest.raises(ValueError, match="search-stable .*privileged_reason"):
        pod(service(**change))


def test_a_pod_runs_as_the_numeric_user_and_group_of_its_spec() -> None:
    context = pod(service(user=7, group=8))["spec"]["securityContext"]

    assert (context["runAsUser"], context["runAsGroup"], context["fsGroup"]) == (7, 8, 8)
    assert context["fsGroupChangePolicy"] == "OnRootMismatch"


def test_the_root_filesystem_is_read_only_unless_the_spec_says_otherwise() -> None:
    assert container(service())["securityContext"]["readOnlyRootFilesystem"]
    assert not container(service(read_only_root=False))["securityContext"]["readOnlyRootFilesystem"]


def test_no_pod_has_a_token_or_the_addresses_of_others_in_its_environment() -> None:
    spec = service(jobs=(JOB,))

    for template in (pod(spec), job_pod(spec)):
        assert template["spec"]["automountServiceAccountToken"] is False
        assert template["spec"]["enableServiceLinks"] is False


def test_only_a_service_with_api_access_has_a_token_and_its_jobs_have_none() -> None:
    rule = ApiAccess(resources=("pods",), verbs=("list",))
    spec = service(api_access=(rule,), jobs=(JOB,))

    assert pod(spec)["spec"]["automountServiceAccountToken"] is True
    assert job_pod(spec)["spec"]["automountServiceAccountToken"] is False


def test_an_http_check_asks_the_port_and_path() -> None:
    probe = container(service(health=Health(ready=CHECK)))["readinessProbe"]

    assert probe["httpGet"] == {"path": "/ready", "port": 8000}


def test_an_exec_check_runs_its_command() -> None:
    check = ExecCheck(command=("ping", "me"))

    assert container(service(health=Health(ready=check)))["readinessProbe"]["exec"] == {
        "command": ["ping", "me"]
    }


def test_a_service_that_cannot_be_checked_has_no_probes() -> None:
    health = Health(ready=NoCheck(reason="it answers nothing"))

    assert not {key for key in container(service(health=health)) if key.endswith("Probe")}


def test_a_slow_starter_without_a_start_up_check_is_given_its_time_by_the_readiness_check() -> None:
    health = Health(ready=CHECK, live=ExecCheck(command=("alive",)), startup_seconds=300)

    startup = container(service(health=health))["startupProbe"]

    assert startup["httpGet"]["path"] == "/ready"
    assert startup["periodSeconds"] * startup["failureThreshold"] == 300


@given(seconds=SECONDS)
def test_liveness_never_begins_before_a_start_may_be_over(seconds: int) -> None:
    live = ExecCheck(command=("alive",))
    health = Health(ready=NoCheck(reason="none"), live=live, startup_seconds=seconds)

    startup = container(service(health=health))["startupProbe"]

    assert startup["periodSeconds"] * startup["failureThreshold"] >= seconds


@given(seconds=SECONDS, command=st.sampled_from([(), ("sh", "-c", "drain")]))
def test_the_grace_period_is_longer_than_the_drain(seconds: int, command: tuple[str, ...]) -> None:
    spec = service(drain=Drain(seconds=seconds, command=command))
    before = container(spec)["lifecycle"]["preStop"].get("sleep", {"seconds": 0})["seconds"]

    assert pod(spec)["spec"]["terminationGracePeriodSeconds"] > before + seconds


def test_a_drain_command_that_takes_the_whole_drain_still_leaves_time_for_it() -> None:
    spec = service(drain=Drain(seconds=60, command=("drain",)))

    assert container(spec)["lifecycle"]["preStop"] == {"exec": {"command": ["drain"]}}
    assert pod(spec)["spec"]["terminationGracePeriodSeconds"] > 2 * 60


def test_requests_are_limits() -> None:
    resources = container(service(resources=Resources(cpu=0.25, memory=0.5)))["resources"]

    assert resources["requests"] == resources["limits"] == {"cpu": "250m", "memory": "512Mi"}


@pytest.mark.parametrize(
    ("gibibytes", "text"),
    [(0.125, "128Mi"), (0.1, "103Mi"), (1, "1Gi"), (1.5, "1536Mi"), (1024, "1Ti")],
)
def test_memory_is_written_as_the_api_server_answers_it(gibibytes: float, text: str) -> None:
    assert quantity.memory(gibibytes) == text


@pytest.mark.parametrize(("cores", "text"), [(0.07, "70m"), (1, "1"), (2.5, "2500m"), (64, "64")])
def test_cpu_is_written_as_the_api_server_answers_it(cores: float, text: str) -> None:
    assert quantity.cpu(cores) == text


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


def test_a_job_of_a_gpu_service_goes_to_its_nodes_without_taking_a_gpu() -> None:
    spec = service(resources=Resources(cpu=1, memory=1, gpus=1), jobs=(JOB,))
    job = job_pod(spec)["spec"]

    assert job["nodeSelector"] == pod(spec)["spec"]["nodeSelector"]
    assert job["tolerations"] == pod(spec)["spec"]["tolerations"]
    assert "nvidia.com/gpu" not in job["containers"][0]["resources"]["limits"]


def test_a_job_on_volumes_prefers_the_node_of_the_server() -> None:
    spec = service(jobs=(JOB,), volumes=(Volume(name="data", path="/data", size=1),))

    affinity = job_pod(spec)["spec"]["affinity"]["podAffinity"]
    (preferred,) = affinity["preferredDuringSchedulingIgnoredDuringExecution"]

    term = preferred["podAffinityTerm"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    wanted = term["labelSelector"]["matchLabels"].items()
    assert wanted <= pod(spec)["metadata"]["labels"].items()


def test_an_agent_that_names_gpus_watches_gpu_nodes_without_taking_a_gpu() -> None:
    agent = service(
        per_node=True, privileged_reason="reads GPUs", resources=Resources(cpu=1, memory=1, gpus=1)
    )

    assert pod(agent)["spec"]["nodeSelector"] == {"researchflow.ai/pool": "l4"}
    assert "nvidia.com/gpu" not in container(agent)["resources"]["limits"]


def test_any_other_agent_runs_on_gpu_nodes_too() -> None:
    assert "nodeSelector" not in pod(AGENT)["spec"]
    assert pod(AGENT)["spec"]["tolerations"][0]["key"] == "nvidia.com/gpu"


def test_files_are_mounted_as_whole_directories_that_cannot_be_written() -> None:
    spec = service(
        files=(File(path="/etc/search/a.json", content="{}"),),
        secret_files=(SecretFile(path="/run/secrets/search/key", template="${key}"),),
    )

    mounts = container(spec)["volumeMounts"]

    assert [mount["mountPath"] for mount in mounts] == ["/etc/search", "/run/secrets/search"]
    assert all(mount["readOnly"] and "subPath" not in mount for mount in mounts)


def test_a_secret_file_can_be_read_by_the_group_only() -> None:
    spec = service(secret_files=(SecretFile(path="/run/secrets/search/key", template="${key}"),))

    (volume,) = pod(spec)["spec"]["volumes"]

    assert volume["secret"]["defaultMode"] == 0o440


def test_scratch_is_memory_with_a_ceiling() -> None:
    (volume,) = pod(service(scratch=(Scratch(path="/dev/shm", size=2),)))["spec"]["volumes"]

    assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": "2Gi"}


def test_every_mount_has_its_volume_and_every_volume_its_mount() -> None:
    spec = service(
        privileged_reason="all kinds at once",
        files=(File(path="/etc/search/a", content=""), File(path="/live/b", content="", live=True)),
        secret_files=(SecretFile(path="/run/secrets/search/key", template="${key}"),),
        volumes=(Volume(name="data", path="/data", size=1),),
        scratch=(Scratch(path="/tmp", size=1),),
        host_mounts=(HostMount(host="/proc", path="/host/proc"),),
    )

    volumes = [volume["name"] for volume in pod(spec)["spec"]["volumes"]]

    assert volumes == [mount["name"] for mount in container(spec)["volumeMounts"]]
    assert len(set(volumes)) == 6


def test_the_host_is_mounted_read_only() -> None:
    agent = service(
        privileged_reason="reads it", host_mounts=(HostMount(host="/proc", path="/host/proc"),)
    )

    (mount,) = container(agent)["volumeMounts"]

    assert mount["readOnly"] is True


@given(name=st.text("abc-", min_size=1, max_size=200).filter(lambda text: text[-1] != "-"))
def test_a_name_that_does_not_fit_a_label_is_cut_and_stays_unlike_others(name: str) -> None:
    assert len(fitted(name)) <= 63
    assert (fitted(name) == name) == (len(name) <= 63)
    assert len(name) <= 63 or fitted(name) != fitted(name + "x")


def test_images_come_through_the_mirror_with_the_pull_secret() -> None:
    on = cluster(images=ImagesArgs(mirror="mirror.example", pull_secret=True))

    assert container(service(), on)["image"] == "mirror.example/docker.io/example/search:1.2.3"
    assert pod(service(), on)["spec"]["imagePullSecrets"] == [{"name": "registry-credentials"}]


def test_a_job_runs_the_image_of_its_service_with_its_own_command() -> None:
    spec = service(command=("serve",), args=("--all",), jobs=(JOB,))
    (job,) = job_pod(spec)["spec"]["containers"]

    assert job["image"] == spec.image
    assert job["command"] == ["load"]
    assert "args" not in job


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
