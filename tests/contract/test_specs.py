"""Rules that every spec of every stack keeps, whatever the service is."""

from pathlib import PurePosixPath

import pytest

from components.audience import mirrored
from components.catalogue import Entry
from components.spec import ServiceSpec
from components.spec.health import ExecCheck, HttpCheck, NoCheck, NoTool
from settings import parse
from tests.conftest import platform

SPECS = [
    pytest.param(entry, id=f"{stack}-{entry.spec.instance}")
    for stack in ("local", "staging", "production")
    for entry in parse(platform(stack), f"Pulumi.{stack}.yaml").entries
]

pytestmark = pytest.mark.parametrize("entry", SPECS)


def test_it_runs_as_a_numeric_user_that_is_not_root(entry: Entry) -> None:
    """``runAsNonRoot`` refuses an image whose user is a name."""
    if entry.spec.privileged_reason is None:
        assert entry.spec.user > 0
        assert entry.spec.group > 0


def test_its_root_is_read_only(entry: Entry) -> None:
    assert entry.spec.read_only_root


def test_it_has_a_health_check_or_a_reason_why_not(entry: Entry) -> None:
    checks = (entry.spec.health.startup, entry.spec.health.ready, entry.spec.health.live)
    for check in filter(None, checks):
        match check:
            case HttpCheck(tool=NoTool(reason=reason)) | NoCheck(reason=reason):
                assert len(reason.split()) > 3
            case HttpCheck():
                assert check.port in {port.number for port in entry.spec.ports}
            case ExecCheck():
                assert check.command


def test_nothing_leaves_the_platform_unless_a_setting_says_so(entry: Entry) -> None:
    leaving = {(entry.spec.name, run.name) for run in entry.spec.runs if run.internet}

    assert leaving <= {("ollama", "models"), ("faiss", "backup"), ("faiss", "drill")}
    assert not entry.spec.internet


def test_no_secret_is_among_its_environment_or_its_command(entry: Entry) -> None:
    spec = entry.spec
    text = " ".join([*spec.command, *spec.args, *spec.environment.values()])

    assert "${" not in text.replace("${@", "")


def test_a_metric_target_is_one_of_its_ports(entry: Entry) -> None:
    if entry.spec.scrape:
        assert entry.spec.scrape.port in {port.number for port in entry.spec.ports}


def test_its_mounts_do_not_hide_each_other(entry: Entry) -> None:
    paths = mount_points(entry.spec)

    assert len(paths) == len(set(paths))


def mount_points(spec: ServiceSpec) -> list[PurePosixPath]:
    folders = {PurePosixPath(file.path).parent for file in spec.files}
    folders |= {PurePosixPath(file.path).parent for file in spec.secret_files}
    others = [v.path for v in spec.volumes] + [s.path for s in spec.scratch]
    others += [mount.path for mount in spec.host_mounts]
    return [*folders, *map(PurePosixPath, others)]


def test_a_mirror_serves_its_image_under_its_full_name(entry: Entry) -> None:
    image = mirrored(entry.spec.image, "mirror.test/cache")

    assert image.startswith("mirror.test/cache/")
    assert image.endswith(entry.spec.image)
