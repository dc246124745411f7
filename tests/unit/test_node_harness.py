"""The parts of the node tier that need no node."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from pathlib import Path

import pytest

from tests.e2e.harness.images import Image
from tests.e2e.harness.sandbox import Bind
from tests.node.machine import cgroups, rootfs
from tests.node.machine.images import Layout, full_name
from tests.node.machine.programs import NODE


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("redis:8", "docker.io/library/redis:8"),
        ("prom/prometheus:v3", "docker.io/prom/prometheus:v3"),
        ("ghcr.io/open-feature/flagd:v0", "ghcr.io/open-feature/flagd:v0"),
        ("localhost:5000/made-up:1", "localhost:5000/made-up:1"),
    ],
)
def test_an_image_is_called_what_a_kubelet_asks_for(name: str, full: str) -> None:
    assert full_name(name) == full


@pytest.mark.skipif(sys.platform != "linux", reason="ldd is Linux'")
def test_a_program_brings_the_libraries_that_it_is_linked_with() -> None:
    python = Path(sys.executable).resolve()

    found = rootfs.with_libraries({"/image/bin/python3": python})

    assert found["/image/bin/python3"] == python
    assert any("libc.so" in path for path in found)


def test_a_folder_comes_with_all_that_is_below_it_but_what_is_not_wanted(tmp_path: Path) -> None:
    for name in ("kept/a", "kept/b/c", "tests/d"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    assert set(rootfs.walk(tmp_path, "/there", ("test",))) == {"/there/kept/a", "/there/kept/b/c"}


@pytest.mark.skipif(sys.platform != "linux", reason="ldd is Linux'")
def test_an_image_holds_its_files_and_how_to_start_it(tmp_path: Path) -> None:
    (tmp_path / "page").write_text("hello")
    folder = tmp_path / "layout"
    folder.mkdir()
    layout = Layout(folder=folder)

    layout.add(
        "made/up:1",
        Image(
            version="1",
            entrypoint=("server",),
            binds=(Bind(source=str(tmp_path / "page"), target="/srv/page"),),
        ),
    )
    packed = io.BytesIO()
    layout.archive(packed)

    packed.seek(0)
    with tarfile.open(fileobj=packed) as tar:
        index = json.loads(read(tar, "./index.json"))
        (described,) = index["manifests"]
        manifest = json.loads(read(tar, blob(described)))
        config = json.loads(read(tar, blob(manifest["config"])))
        own = io.BytesIO(read(tar, blob(manifest["layers"][-1])))
    with tarfile.open(fileobj=own) as layer:
        assert read(layer, "srv/page") == b"hello"
        assert layer.getmember("srv/page").uid == 0
    assert described["annotations"]["io.containerd.image.name"] == "docker.io/made/up:1"
    assert config["config"]["Entrypoint"] == ["server"]
    assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest["layers"]]


def read(tar: tarfile.TarFile, name: str) -> bytes:
    """The content of one member."""
    member = tar.extractfile(name)
    assert member is not None
    return member.read()


def blob(descriptor: dict[str, str]) -> str:
    """Where a layout has it."""
    return f"./blobs/{descriptor['digest'].replace(':', '/')}"


def test_cgroups_of_a_run_that_is_no_more_are_swept_and_those_of_others_stay(
    tmp_path: Path,
) -> None:
    mine, dead, other = (
        tmp_path / name
        for name in (f"{cgroups.PREFIX}1-1/pod", f"{cgroups.PREFIX}4194305-1/pod", "other/pod")
    )
    for folder in (mine, dead, other):
        folder.mkdir(parents=True)

    cgroups.sweep(tmp_path)

    assert mine.exists()
    assert other.exists()
    assert not dead.parent.exists()


def test_every_program_of_the_node_is_pinned() -> None:
    assert {program.name for program in NODE.built} >= {"kubelet", "containerd", "runc"}
    assert all(program.version.startswith("v") for program in NODE.built)
