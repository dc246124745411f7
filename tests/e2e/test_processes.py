"""Each server that can be had, started as its spec says and asked by its spec's own checks."""

import shutil
import time
from pathlib import Path

import pytest

from components.files import directories
from components.platforms.docker.health import check
from components.spec.health import HttpCheck, NoTool
from tests.e2e.harness import probes
from tests.e2e.harness.container import Container
from tests.e2e.harness.platform import Platform
from tests.e2e.harness.stack import PASSWORD, real
from tests.e2e.harness.world import children

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.parametrize("service", real())]

KILLED = (-9, 137)


@pytest.fixture
def server(platform: Platform, service: str) -> Container:
    return platform[service]


def status(pid: int) -> dict[str, list[str]]:
    """What the kernel says of a process, by field."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


def processes(pid: int) -> list[int]:
    """A process and all below it."""
    return [pid, *(below for child in children(pid) for below in processes(child))]


def test_it_is_ready_and_live_by_its_own_checks(server: Container) -> None:
    health = server.spec.health

    assert probes.failure(server, health.startup) is None
    assert probes.failure(server, health.ready) is None
    assert probes.failure(server, health.live) is None


def test_it_is_healthy_by_the_command_that_docker_runs_in_it(server: Container) -> None:
    test = check(server.spec.health)
    if isinstance(test, NoTool):
        pytest.skip(f"Docker asks nothing: {test.reason}")
    ready = server.spec.health.ready
    if isinstance(ready, HttpCheck) and ready.tool == "wget" and not shutil.which("busybox"):
        pytest.skip("its image has busybox' wget: put busybox on PATH (Debian: busybox)")

    assert probes.docker_failure(server) is None


def test_it_runs_as_its_user_and_can_gain_no_rights(server: Container) -> None:
    for pid in processes(server.pid):
        found = status(pid)
        assert found["Uid"] == [str(server.spec.user)] * 4
        assert found["Gid"] == [str(server.spec.group)] * 4
        assert found["Groups"] == []
        assert {name: int(found[name][0], 16) for name in found if name.startswith("Cap")} == {
            "CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": 0, "CapAmb": 0,
        }  # fmt: skip
        assert found["NoNewPrivs"] == ["1"]


def test_not_even_root_can_write_to_its_root_its_files_or_its_secrets(server: Container) -> None:
    spec = server.spec
    for folder in ("/", "/etc", *(d.path for d in directories(spec.files, spec.secret_files))):
        tried = server.run_as_root(["touch", f"{folder}/written"])
        assert "Read-only file system" in tried.stderr, folder


def test_it_can_write_to_its_volumes_and_its_scratch_space(server: Container) -> None:
    spec = server.spec
    writable = [volume.path for volume in spec.volumes if not volume.read_only]
    for folder in (*writable, *(space.path for space in spec.scratch)):
        file = f"{folder}/written-by-a-test"
        assert server.run(["sh", "-c", f"echo x >{file} && rm {file}"]).returncode == 0, folder


def test_its_secrets_are_for_its_user_only_and_nowhere_else(server: Container) -> None:
    for file in server.spec.secret_files:
        owned = server.run(["stat", "-c", "%u:%g %a", file.path]).stdout.strip()
        assert owned == f"{server.spec.user}:{server.spec.group} 440"
    for pid in processes(server.pid):
        assert PASSWORD.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert PASSWORD.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
    assert PASSWORD not in server.log.read_text(errors="replace")


def test_it_sees_nothing_of_the_machine_but_what_its_spec_mounts(server: Container) -> None:
    seen = set(server.run(["ls", "/"]).stdout.split())
    mine = {Path(mount.path).parts[1] for mount in server.spec.host_mounts}

    assert not {"home", "mnt", "srv", "work"} & (seen - mine)
    assert server.run(["ls", "-r", "/sys/class/net"]).stdout.split() == ["lo", "eth0"]


def test_it_ends_on_sigterm_by_itself_and_starts_again(
    platform: Platform, server: Container
) -> None:
    began = time.monotonic()
    ended = server.stop()
    took = time.monotonic() - began
    server.start()
    platform.wait_until_ready(server.name)

    assert ended not in KILLED
    assert took < server.spec.drain.seconds
