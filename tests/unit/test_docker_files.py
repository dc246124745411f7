"""How files and owners get into volumes. The scripts run here, on folders in place of volumes."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.files import directories
from components.platforms.docker.files import OWN, STAGING, TARGET, owner, secret_hash, writer
from components.platforms.docker.mounts import nested_mount_points
from components.platforms.docker.place import Kwargs
from components.spec.mounts import File, SecretFile
from tests.unit.docker_objects import place, service

ME = f"{os.getuid()}:{os.getgid()}"


def writer_of(
    files: tuple[File, ...] = (),
    secrets: tuple[SecretFile, ...] = (),
    points: tuple[str, ...] = (),
) -> Kwargs:
    """The writer of the one directory of ``files`` and ``secrets``, for whoever runs the test."""
    (directory,) = directories(files, secrets)
    spec = service(user=os.getuid(), group=os.getgid())
    return writer(directory, spec, "ai-test-search-files-etc", points, place())


def run(kwargs: Kwargs, uploads: Mapping[str, str], root: Path) -> Path:
    """What the volume looks like after the one-shot container has ended."""
    staging, volume = root / "staging", root / "volume"
    staging.mkdir(exist_ok=True)
    volume.mkdir(exist_ok=True)
    for old in staging.iterdir():
        old.unlink()
    for name, content in uploads.items():
        (staging / name).write_text(content)
    command = [
        part.replace(STAGING, str(staging)).replace(TARGET, str(volume))
        for part in kwargs["entrypoints"]
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    return volume


def config(*names: str) -> tuple[File, ...]:
    return tuple(File(path=f"/etc/search/{name}", content="x") for name in names)


def listing(folder: Path) -> dict[str, str]:
    return {entry.name: entry.read_text() for entry in folder.iterdir() if entry.is_file()}


def test_the_volume_holds_exactly_what_was_uploaded(tmp_path: Path) -> None:
    volume = run(writer_of(config("a", "b c", "$d")), {"a": "1", "b c": "2\n", "$d": ""}, tmp_path)

    assert listing(volume) == {"a": "1", "b c": "2\n", "$d": ""}


def test_an_empty_file_needs_no_upload(tmp_path: Path) -> None:
    volume = run(writer_of(config("empty")), {}, tmp_path)

    assert listing(volume) == {"empty": ""}


def test_a_file_that_is_no_longer_there_goes_hidden_ones_included(tmp_path: Path) -> None:
    run(writer_of(config("a", "old", ".hidden")), {"a": "1", "old": "2", ".hidden": "3"}, tmp_path)

    volume = run(writer_of(config("a")), {"a": "1"}, tmp_path)

    assert listing(volume) == {"a": "1"}


def test_what_a_writer_that_was_cut_off_left_behind_goes(tmp_path: Path) -> None:
    (tmp_path / "volume").mkdir()
    (tmp_path / "volume" / ".a.new").write_text("half")

    volume = run(writer_of(config("a")), {"a": "1"}, tmp_path)

    assert listing(volume) == {"a": "1"}


def test_a_file_is_replaced_by_a_rename_and_not_written_over(tmp_path: Path) -> None:
    volume = run(writer_of(config("a")), {"a": "old"}, tmp_path)
    with (volume / "a").open() as reader:
        run(writer_of(config("a")), {"a": "new"}, tmp_path)

        assert reader.read() == "old"
    assert (volume / "a").read_text() == "new"


@pytest.mark.parametrize(
    ("kwargs", "mode"),
    [
        (writer_of(config("a")), 0o444),
        (writer_of(secrets=(SecretFile(path="/run/secrets/a", template="${a}"),)), 0o440),
    ],
)
def test_secrets_are_for_the_services_user_and_group_only(
    kwargs: Kwargs, mode: int, tmp_path: Path
) -> None:
    volume = run(kwargs, {"a": "1"}, tmp_path)

    assert (volume / "a").stat().st_mode & 0o777 == mode


def test_mount_points_below_a_read_only_directory_are_made_for_the_runtime(tmp_path: Path) -> None:
    kwargs = writer_of(config("a"), points=("routes", "certs/ca"))

    run(kwargs, {"a": "1"}, tmp_path)
    volume = run(kwargs, {"a": "2"}, tmp_path)

    assert (volume / "routes").is_dir()
    assert (volume / "certs" / "ca").is_dir()


def test_only_what_lies_below_is_a_nested_mount_point() -> None:
    points = ("/etc/envoy", "/etc/envoy/routes", "/etc/envoy-other", "/tmp", "/etc/envoy/a/b")

    assert nested_mount_points("/etc/envoy", points) == ("a/b", "routes")


@given(st.dictionaries(st.sampled_from("abcdef"), st.text(), min_size=1))
def test_no_content_is_on_the_command_line_of_a_writer(contents: dict[str, str]) -> None:
    def command(values: dict[str, str]) -> list[str]:
        files = tuple(File(path=f"/etc/x/{name}", content=text) for name, text in values.items())
        found: list[str] = writer_of(files)["entrypoints"]
        return found

    assert command(contents) == command(dict.fromkeys(contents, "else"))


def test_a_writer_can_do_nothing_but_write_and_hand_over() -> None:
    kwargs = writer_of(config("a"))

    assert kwargs["capabilities"] == {"adds": ["CAP_CHOWN"], "drops": ["ALL"]}
    assert kwargs["network_mode"] == "none"
    assert kwargs["image"] == "busybox:1.37.0"
    assert (kwargs["attach"], kwargs["must_run"]) == (True, False)
    # An upload into a container with a read-only root fails.
    assert "read_only" not in kwargs


def own(volume: Path, who: str) -> None:
    command = ["sh", "-c", OWN.replace(TARGET, str(volume)), "sh", who]
    subprocess.run(command, check=True, capture_output=True, timeout=30)


def test_a_volume_with_an_owner_is_not_empty_so_docker_fills_it_from_no_image(
    tmp_path: Path,
) -> None:
    own(tmp_path, ME)

    assert any(tmp_path.iterdir())


@pytest.mark.skipif(os.getuid() != 0, reason="only root may hand over files")
def test_a_volume_and_all_in_it_changes_hands_with_the_service(tmp_path: Path) -> None:
    own(tmp_path, "1000:1001")
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    os.chown(private, 1000, 1001)

    own(tmp_path, "2000:2001")

    assert {path.stat().st_uid for path in (tmp_path, *tmp_path.iterdir())} == {2000}
    assert private.stat().st_gid == 2001


@pytest.mark.skipif(os.getuid() != 0, reason="only root may hand over files")
def test_a_volume_that_is_the_services_already_is_left_alone(tmp_path: Path) -> None:
    own(tmp_path, "1000:1001")
    foreign = tmp_path / "foreign"
    foreign.touch()

    own(tmp_path, "1000:1001")

    assert foreign.stat().st_uid == 0


def test_the_container_that_sets_an_owner_reaches_what_an_earlier_user_made_private() -> None:
    kwargs = owner("ai-test-search-volume-index", service(), place())

    assert kwargs["capabilities"]["adds"] == ["CAP_CHOWN", "CAP_DAC_OVERRIDE"]
    assert kwargs["entrypoints"][-1] == "1000:1001"


@given(st.dictionaries(st.text(), st.text()), st.text(), st.text())
def test_the_hash_of_secrets_changes_with_any_file_and_not_with_their_order(
    filled: dict[str, str], name: str, content: str
) -> None:
    changed = {**filled, name: content + "!"}

    assert secret_hash(filled) == secret_hash(dict(reversed(filled.items())))
    assert (secret_hash(filled) == secret_hash(changed)) == (filled == changed)
    assert len(secret_hash(filled)) == 8
