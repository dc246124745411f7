"""What the specs of the exporters promise."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.context import Context, GpuArgs
from components.files import fill
from components.monitoring.exporters import (
    DcgmExporter,
    DcgmExporterArgs,
    NodeExporter,
    NodeExporterArgs,
    OllamaExporter,
    OllamaExporterArgs,
    RedisExporter,
    RedisExporterArgs,
)
from components.ollama import Ollama, OllamaArgs
from components.redis import Redis, RedisArgs
from components.spec import ServiceSpec
from components.spec.network import Edge

NODE = NodeExporter.describe(NodeExporterArgs(), Context())
REDIS = RedisExporter.describe(RedisExporterArgs(), Context())


def flag(spec: ServiceSpec, name: str) -> str:
    (value,) = (arg.partition("=")[2] for arg in spec.args if arg.startswith(f"--{name}="))
    return value


def test_every_node_has_a_node_exporter_that_reads_its_files_and_changes_nothing() -> None:
    assert NODE.per_node
    assert [(mount.host, mount.path) for mount in NODE.host_mounts] == [("/", "/host")]
    assert flag(NODE, "path.rootfs") == "/host"
    assert flag(NODE, "path.procfs") == "/host/proc"
    assert flag(NODE, "path.sysfs") == "/host/sys"


def test_the_node_exporter_is_nobody_without_rights_and_says_why_it_is_set_apart() -> None:
    assert (NODE.user, NODE.capabilities, NODE.host_pid) == (65534, (), False)
    assert NODE.privileged_reason is not None
    assert "root" in NODE.privileged_reason


def test_it_reports_nothing_that_would_be_the_containers_own() -> None:
    collectors = {arg.removeprefix("--collector.") for arg in NODE.args if "=" not in arg}

    assert "disable-defaults" in collectors
    assert not {"netdev", "netstat", "netclass", "sockstat", "uname"} & collectors
    assert {"meminfo", "filesystem", "cpu", "diskstats", "vmstat"} <= collectors


@pytest.mark.parametrize(
    ("kind", "excluded"),
    [("ext4", False), ("xfs", False), ("nfs4", False), ("tmpfs", True), ("overlay", True),
     ("squashfs", True), ("ramfs", True), ("cgroup2", True)],
)  # fmt: skip
def test_disks_are_reported_and_what_only_looks_like_one_is_not(
    kind: str, *, excluded: bool
) -> None:
    pattern = flag(NODE, "collector.filesystem.fs-types-exclude")

    assert bool(re.search(pattern, kind)) is excluded


@pytest.mark.parametrize(
    ("path", "excluded"),
    [("/", False), ("/var/lib/docker", False), ("/mnt/models", False),
     ("/var/lib/kubelet/pods/a/volumes/b", True), ("/run/user/0", True), ("/dev", True)],
)  # fmt: skip
def test_mounts_of_pods_are_not_disks_of_the_node(path: str, *, excluded: bool) -> None:
    pattern = flag(NODE, "collector.filesystem.mount-points-exclude")

    assert bool(re.search(pattern, path)) is excluded


@given(st.text())
def test_redis_is_asked_with_its_password_whatever_its_characters(password: str) -> None:
    (secret,) = REDIS.secret_files

    passwords = json.loads(fill(secret.template, {"redisPassword": password}))

    assert passwords == {REDIS.environment["REDIS_ADDR"]: password}


def test_the_password_of_redis_is_in_a_file_and_nowhere_else() -> None:
    (secret,) = REDIS.secret_files

    assert REDIS.environment["REDIS_PASSWORD_FILE"] == secret.path
    assert "REDIS_PASSWORD" not in REDIS.environment
    assert (REDIS.command, REDIS.args, REDIS.files) == ((), (), ())


def test_redis_is_found_where_its_own_spec_says() -> None:
    redis = Redis.describe(RedisArgs(), Context())

    port = redis.port("redis").number
    assert REDIS.environment["REDIS_ADDR"] == f"redis://{redis.instance}:{port}"
    assert REDIS.talks_to == (Edge(service=redis.name, port=port),)


def test_the_redis_exporter_asks_no_address_that_a_stranger_names() -> None:
    assert REDIS.environment["REDIS_EXPORTER_DISABLE_SCRAPE_ENDPOINT"] == "true"


def test_ollama_is_found_where_its_own_spec_says() -> None:
    ollama = Ollama.describe(OllamaArgs(), Context())
    spec = OllamaExporter.describe(OllamaExporterArgs(), Context())

    port = ollama.port("http").number
    assert spec.environment["OLLAMA_URL"] == f"http://{ollama.instance}:{port}"
    assert spec.talks_to == (Edge(service=ollama.name, port=port),)


def test_the_gpu_exporter_exists_only_where_there_are_gpus() -> None:
    assert not DcgmExporter.wanted(Context())
    assert DcgmExporter.wanted(Context(gpu=GpuArgs()))


def test_the_gpu_exporter_runs_where_gpus_are() -> None:
    """A per-node agent watches the GPUs that it names and claims none (``spec.Resources``)."""
    spec = DcgmExporter.describe(DcgmExporterArgs(), Context(gpu=GpuArgs()))

    assert spec.per_node
    assert spec.resources.gpus == 1


def test_the_gpu_exporter_says_what_its_rights_are_for() -> None:
    spec = DcgmExporter.describe(DcgmExporterArgs(), Context(gpu=GpuArgs()))

    assert (spec.user, spec.capabilities) == (0, ("SYS_ADMIN",))
    assert spec.privileged_reason is not None
    assert "SYS_ADMIN" in spec.privileged_reason


@pytest.mark.parametrize("kubernetes", [False, True])
def test_only_a_kubelet_can_say_what_pod_has_which_gpu(*, kubernetes: bool) -> None:
    context = Context(gpu=GpuArgs(), kubernetes=kubernetes)

    spec = DcgmExporter.describe(DcgmExporterArgs(), context)

    assert bool(spec.host_mounts) is kubernetes
    assert spec.environment["DCGM_EXPORTER_KUBERNETES"] == str(kubernetes).lower()
