"""What the containers of a service look like."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.audience import ImagesArgs
from components.platforms.docker.args import DockerArgs
from components.platforms.docker.container import (
    job_container,
    replica_parts,
    service_container,
)
from components.platforms.docker.place import Kwargs
from components.spec import ServiceSpec
from components.spec.mounts import File, HostMount, Scratch, SecretFile, Volume
from components.spec.runs import Drain, Resources
from tests.unit.docker_objects import job, place, service


def container(spec: ServiceSpec | None = None, replica: int = 0, **changes: Any) -> Kwargs:
    """The container of ``spec``, or of a plain service with ``changes``."""
    return service_container(spec or service(**changes), replica, place())


def labels(kwargs: Kwargs) -> dict[str, str]:
    return {entry["label"]: entry["value"] for entry in kwargs["labels"]}


def test_a_container_is_named_after_prefix_environment_and_instance() -> None:
    assert container()["name"] == "ai-test-search"
    assert container(track="canary")["name"] == "ai-test-search-canary"


def test_the_first_copy_keeps_its_name_whatever_the_number_of_copies() -> None:
    spec = service(replicas=3)

    names = [container(spec, number)["name"] for number in range(3)]

    assert names == ["ai-test-search", "ai-test-search-2", "ai-test-search-3"]


def test_one_machine_runs_one_copy_of_a_per_node_agent() -> None:
    assert replica_parts(service(per_node=True, replicas=3)) == ((),)


@given(st.integers(1, 50), st.integers(1, 50))
def test_scaling_renames_nobody(few: int, more: int) -> None:
    fewer = replica_parts(service(replicas=min(few, more)))
    all_of_them = replica_parts(service(replicas=max(few, more)))

    assert all_of_them[: len(fewer)] == fewer
    assert len(set(all_of_them)) == max(few, more)


def test_every_container_is_confined() -> None:
    for kwargs in (container(), job_container(service(), job(), place())):
        assert kwargs["capabilities"] == {"drops": ["ALL"]}
        assert kwargs["security_opts"] == ["no-new-privileges"]
        assert kwargs["read_only"] is True
        assert kwargs["user"] == "1000:1001"


def test_the_root_is_writable_only_where_the_image_needs_it() -> None:
    assert container(read_only_root=False)["read_only"] is False


def test_capabilities_are_spelt_as_the_daemon_answers_them() -> None:
    kwargs = container(capabilities=("SYS_TIME", "CAP_DAC_READ_SEARCH"))

    assert kwargs["capabilities"] == {
        "adds": ["CAP_DAC_READ_SEARCH", "CAP_SYS_TIME"],
        "drops": ["ALL"],
    }


def test_memory_is_a_ceiling_without_swap() -> None:
    kwargs = container(resources=Resources(cpu=1, memory=1.5))

    assert (kwargs["memory"], kwargs["memory_swap"]) == (1536, 1536)


@given(st.floats(0.01, 64), st.floats(0.01, 512))
def test_every_size_is_a_limit_that_docker_takes(cpu: float, memory: float) -> None:
    kwargs = container(resources=Resources(cpu=cpu, memory=memory))

    # One millisecond of a period is the least that Linux takes as a quota.
    assert kwargs["cpu_quota"] >= 1_000
    assert kwargs["cpu_quota"] == pytest.approx(cpu * kwargs["cpu_period"], abs=1)
    assert kwargs["memory"] == pytest.approx(memory * 1024, abs=0.6)
    assert kwargs["memory_swap"] == kwargs["memory"]


def test_logs_are_rotated_and_compressed() -> None:
    kwargs = service_container(service(), 0, place(args=DockerArgs(log_max_size="50m")))

    assert kwargs["log_driver"] == "json-file"
    assert kwargs["log_opts"] == {"max-size": "50m", "max-file": "30", "compress": "true"}


def test_a_gpu_is_asked_for_only_when_the_service_wants_one() -> None:
    wants_two = container(resources=Resources(cpu=1, memory=1, gpus=2))

    assert "device_requests" not in container()
    assert wants_two["device_requests"] == [
        {"driver": "nvidia", "count": 2, "capabilities": ["gpu"]}
    ]


def test_a_service_is_drained_both_by_docker_and_when_it_is_replaced() -> None:
    kwargs = container(drain=Drain(seconds=300))

    assert (kwargs["stop_timeout"], kwargs["destroy_grace_seconds"]) == (300, 300)
    assert kwargs["restart"] == "unless-stopped"


def test_command_replaces_the_entrypoint_and_args_the_command_as_on_kubernetes() -> None:
    kwargs = container(command=("serve",), args=("--port=8000",))

    assert kwargs["entrypoints"] == ["serve"]
    assert kwargs["command"] == ["--port=8000"]
    assert "entrypoints" not in container(args=("--port=8000",))


def test_the_environment_is_sorted() -> None:
    assert container(environment={"B": "2", "A": "1"})["envs"] == ["A=1", "B=2"]


def test_an_image_comes_from_the_mirror_where_there_is_one() -> None:
    mirror = place(images=ImagesArgs(mirror="mirror.example"))

    kwargs = service_container(service(), 0, mirror)

    assert kwargs["image"] == "mirror.example/docker.io/example/search:1.2.3"


def test_volumes_and_files_are_mounted_and_only_volumes_can_be_written() -> None:
    kwargs = container(
        files=(File(path="/etc/search/conf", content="x"),),
        secret_files=(SecretFile(path="/run/secrets/search/key", template="${key}"),),
        volumes=(
            Volume(name="index", path="/index", size=1),
            Volume(name="models", path="/models", size=1, read_only=True),
        ),
    )

    assert [(mount["volume_name"], mount["read_only"]) for mount in kwargs["volumes"]] == [
        ("ai-test-search-files-etc-search", True),
        ("ai-test-search-files-run-secrets-search", True),
        ("ai-test-search-volume-index", False),
        ("ai-test-search-volume-models", True),
    ]


def test_all_copies_share_the_volumes() -> None:
    spec = service(replicas=2, volumes=(Volume(name="index", path="/index", size=1),))

    assert container(spec, 0)["volumes"] == container(spec, 1)["volumes"]


def test_scratch_is_memory_with_a_ceiling() -> None:
    kwargs = container(scratch=(Scratch(path="/tmp", size=0.25), Scratch(path="/run/x", size=1)))

    assert kwargs["tmpfs"] == {"/run/x": "size=1024m,mode=1777", "/tmp": "size=256m,mode=1777"}


def test_shared_memory_is_sized_rather_than_mounted() -> None:
    kwargs = container(scratch=(Scratch(path="/dev/shm", size=0.5),))

    assert kwargs["shm_size"] == 512
    assert "tmpfs" not in kwargs


def test_an_agent_sees_the_host_but_cannot_write_it() -> None:
    kwargs = container(host_mounts=(HostMount(host="/proc", path="/host/proc"),), host_pid=True)

    assert kwargs["volumes"] == [
        {"host_path": "/proc", "container_path": "/host/proc", "read_only": True}
    ]
    assert kwargs["pid_mode"] == "host"


def test_a_changed_config_file_changes_a_label_and_so_replaces_the_container() -> None:
    def hashed(content: str) -> str:
        file = File(path="/etc/search/conf", content=content)
        return labels(container(files=(file,)))["researchflow.ai/config-hash"]

    assert hashed("one") != hashed("two")


@given(st.text(), st.text())
def test_no_content_of_a_live_file_shows_in_the_container(one: str, two: str) -> None:
    def kwargs(content: str) -> Kwargs:
        return container(files=(File(path="/etc/live/flags.json", content=content, live=True),))

    assert kwargs(one) == kwargs(two)
