"""What runs is what the spec says: who it is, what it may write to, and that it is well."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from components.files import directories
from tests.cluster.waiting import ready
from tests.node.machine.pods import Running
from tests.node.stack import TEST_SECRETS, VOLUMES, real

if TYPE_CHECKING:
    from components.spec import ServiceSpec
    from tests.cluster.platform import Platform
    from tests.node.machine.cluster import Cluster

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("node")]

FILTERED = "2"
"""What the kernel calls a process with a seccomp filter."""

each_service = pytest.mark.parametrize("spec", real().values(), ids=lambda spec: spec.instance)


@pytest.fixture
def server(node: Cluster, platform: Platform, spec: ServiceSpec) -> Running:
    (pod,) = platform.pods_of(spec.instance)
    return Running(node=node.node, pod=pod)


@each_service
def test_it_became_ready_by_its_own_probes_and_never_ended(server: Running) -> None:
    (container,) = server.pod["spec"]["containers"]
    (status,) = server.pod["status"]["containerStatuses"]

    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
    assert ready(server.pod)
    assert status["restartCount"] == 0


@each_service
def test_it_is_its_user_and_can_gain_no_rights(server: Running, spec: ServiceSpec) -> None:
    status = dict(line.split(":", 1) for line in server.proc("status").read_text().splitlines())

    assert status["Uid"].split() == [str(spec.user)] * 4
    assert spec.user != 0
    assert status["Gid"].split() == [str(spec.group)] * 4
    assert {name: int(status[name], 16) for name in status if name.startswith("Cap")} == {
        "CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": 0, "CapAmb": 0,
    }  # fmt: skip
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == FILTERED


@each_service
def test_not_even_root_can_write_to_its_root_its_files_or_its_secrets(
    server: Running, spec: ServiceSpec
) -> None:
    files = (directory.path for directory in directories(spec.files, spec.secret_files))
    for folder in ("/", "/etc", *files):
        with pytest.raises(OSError, match="Read-only file system") as error:
            server.proc(f"root{folder}/written").touch()
        assert error.value.errno == errno.EROFS


@each_service
def test_its_volumes_belong_to_its_group(node: Cluster, server: Running, spec: ServiceSpec) -> None:
    for volume in spec.volumes:
        found = server.proc(f"root{volume.path}").stat()
        disk = node.world.path(f"{VOLUMES}/{spec.instance}-{volume.name}").stat()

        assert found.st_ino == disk.st_ino
        assert found.st_gid == spec.group
        assert found.st_mode & 0o070 == 0o070


@each_service
def test_its_secrets_are_for_its_group_only_and_nowhere_else(
    server: Running, spec: ServiceSpec
) -> None:
    for file in spec.secret_files:
        owned = server.proc(f"root{file.path}").stat()
        assert (owned.st_gid, owned.st_mode & 0o777) == (spec.group, 0o440)
    for name in ("cmdline", "environ"):
        content = server.proc(name).read_bytes()
        assert [key for key, value in TEST_SECRETS.items() if value.encode() in content] == []
