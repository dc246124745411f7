"""``rf images resolve`` against a real registry on this machine."""

from __future__ import annotations

import json
import shutil
import socket
from typing import TYPE_CHECKING

import pytest
import yaml

from rf.cli import run
from rf.errors import BadInputError
from rf.exit_codes import ExitCode
from rf.images.command import resolve_images
from rf.images.credentials import Login
from rf.images.reference import parse
from rf.images.registry import Registries, RegistryError
from rf.images.stack_images import StackImage, stack_images
from rf.project import find_project
from rf.stacks import checked_stack
from tests.deployments import CLUSTER, LOCAL, checked, write_project, write_stack
from tests.services.registry_process import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    INDEX,
    MANIFEST,
    PASSWORD,
    USER,
    RegistryProcess,
    running_registry,
)
from tests.services.registry_stand_in import basic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if shutil.which("docker-registry") is None:
    pytest.skip(
        "docker-registry is not on PATH; apt-get install docker-registry",
        allow_module_level=True,
    )

ANONYMOUS = Registries(logins={})


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryProcess]:
    with running_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


# One image


@pytest.mark.parametrize("kind", [INDEX, DOCKER_LIST, MANIFEST, DOCKER_MANIFEST])
def test_the_digest_is_the_one_of_what_was_pushed(registry: RegistryProcess, kind: str) -> None:
    pushed = registry.push("team/app", "1.0", "first", kind)

    assert ANONYMOUS.digest(parse(f"{registry.host}/team/app:1.0")) == pushed


def test_a_tag_that_moved_has_another_digest(registry: RegistryProcess) -> None:
    before = registry.push("moving", "1.0", "before", INDEX)
    after = registry.push("moving", "1.0", "after", INDEX)

    assert ANONYMOUS.digest(parse(f"{registry.host}/moving:1.0")) == after != before


@pytest.mark.parametrize("name", ["team/app:no-such-tag", "no-such-app:1.0"])
def test_what_is_not_there_has_no_digest(registry: RegistryProcess, name: str) -> None:
    registry.push("team/app", "1.0", "first")

    with pytest.raises(RegistryError, match="has no such repository or tag"):
        ANONYMOUS.digest(parse(f"{registry.host}/{name}"))


def test_a_registry_that_is_not_there_cannot_be_reached() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{nobody.getsockname()[1]}"

        with pytest.raises(RegistryError, match="cannot be reached"):
            ANONYMOUS.digest(parse(f"{host}/app:1.0"))


def test_a_registry_with_passwords_answers_to_the_right_one_only(tmp_path: Path) -> None:
    with running_registry(tmp_path, login=True) as private:
        pushed = private.push("app", "1.0", "first")
        reference = parse(f"{private.host}/app:1.0")

        right = Registries(logins={private.host: Login(user=USER, password=PASSWORD)})
        assert right.digest(reference) == pushed

        wrong = Registries(logins={private.host: Login(user=USER, password="wrong")})
        with pytest.raises(RegistryError, match=r"refuses the login in Docker's config\.json"):
            wrong.digest(reference)
        with pytest.raises(RegistryError, match="wants a login"):
            ANONYMOUS.digest(reference)


# A whole stack, whose images are all pulled through one mirror: the registry of the test


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.chdir(tmp_path)
    return write_project(tmp_path)


def push_all(root: Path, registry: RegistryProcess, content: str) -> dict[str, str]:
    """Push every image that the local stack pulls; the digest by setting."""
    pushed = {}
    for image in pulled(root):
        name, _, tag = image.pulled.removeprefix(f"{registry.host}/").partition(":")
        pushed[image.setting] = registry.push(name, tag.partition("@")[0], content, INDEX)
    return pushed


def pulled(root: Path) -> list[StackImage]:
    found = stack_images(checked(root).stack)
    return [image for image in found if image.reason_to_skip is None]


def local_stack(root: Path, registry: RegistryProcess) -> Path:
    return write_stack(root, {**LOCAL, "images": {"mirror": registry.host}})


def test_every_image_of_a_stack_gets_the_digest_that_its_registry_tells(
    root: Path, registry: RegistryProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    file = local_stack(root, registry)
    tags = {image.setting: image.image for image in pulled(root)}
    pushed = push_all(root, registry, "first")

    assert resolve_images("local") == ExitCode.DONE

    pinned = {image.setting: image.image for image in pulled(root)}
    assert pinned == {setting: f"{tags[setting]}@{pushed[setting]}" for setting in tags}
    assert {"target.writer_image", "services.redis.image"} < set(pinned)
    written = capsys.readouterr().out
    assert "researchflow/faiss-server:0.1.0 (built by this project)" in written
    assert f"Pulumi.local.yaml: wrote {len(tags)} images" in written
    assert file.read_text().startswith("# Written by hand.\n")


def test_resolving_again_changes_nothing(root: Path, registry: RegistryProcess) -> None:
    file = local_stack(root, registry)
    push_all(root, registry, "first")
    resolve_images("local")
    before = file.read_bytes()

    assert resolve_images("local", check=True) == ExitCode.DONE
    assert resolve_images("local") == ExitCode.DONE

    assert file.read_bytes() == before


def test_a_check_writes_nothing_and_ends_in_status_1_when_a_tag_has_moved(
    root: Path, registry: RegistryProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    file = local_stack(root, registry)
    push_all(root, registry, "first")
    resolve_images("local")
    before = file.read_bytes()
    moved = registry.push("docker.io/library/redis", "8.2.2-bookworm", "moved", INDEX)
    capsys.readouterr()

    assert run(["images", "resolve", "local", "--check"]) == ExitCode.ERROR

    written = capsys.readouterr().out
    assert f"redis:8.2.2-bookworm@{moved} (was redis:8.2.2-bookworm@sha256:" in written
    assert "Pulumi.local.yaml: 1 image to change, nothing was written" in written
    assert file.read_bytes() == before


def test_nothing_is_written_unless_every_registry_answers(
    root: Path, registry: RegistryProcess
) -> None:
    platform = {
        **LOCAL,
        "images": {"mirror": registry.host},
        "services": {"redis": {"image": "redis:9-lost"}, "flags": {"image": "flagd:9-lost"}},
    }
    file = write_stack(root, platform)
    push_all_but_lost(root, registry)
    before = file.read_bytes()

    with pytest.raises(BadInputError) as raised:
        resolve_images("local")

    assert str(raised.value).splitlines() == [
        f"{registry.host}/docker.io/library/{name}:9-lost: the registry {registry.host} has no "
        "such repository or tag"
        for name in ("redis", "flagd")
    ] + ["nothing was written to Pulumi.local.yaml"]
    assert file.read_bytes() == before


def push_all_but_lost(root: Path, registry: RegistryProcess) -> None:
    for image in pulled(root):
        name, _, tag = image.pulled.removeprefix(f"{registry.host}/").partition(":")
        if tag != "9-lost":
            registry.push(name, tag, "first", INDEX)


def test_the_waiver_may_go_when_every_image_has_a_digest(
    root: Path, registry: RegistryProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = {
        service: {"image": f"ghcr.io/team/{service}:1.0"}
        for service in ("faiss", "ollama_exporter")
    }
    images = {"mirror": registry.host, "tag_waiver": "2000-01-01"}
    write_stack(root, {**CLUSTER, "images": images, "services": ours}, stack="staging")
    staging = checked_stack(find_project(root), "staging", allow_tags=True)
    for image in stack_images(staging.stack):
        name, _, tag = image.pulled.removeprefix(f"{registry.host}/").partition(":")
        registry.push(name, tag, "first", INDEX)

    assert resolve_images("staging") == ExitCode.DONE

    note = "every image has a digest: remove images.tag_waiver from Pulumi.staging.yaml"
    assert note in capsys.readouterr().out
    settings = yaml.safe_load((root / "Pulumi.staging.yaml").read_text())
    del settings["config"]["researchflow-ai:platform"]["images"]["tag_waiver"]
    (root / "Pulumi.staging.yaml").write_text(yaml.safe_dump(settings))
    checked(root, "staging")


def test_a_login_comes_from_dockers_own_file(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "private"
    folder.mkdir()
    with running_registry(folder, login=True) as private:
        local_stack(root, private)
        push_all(root, private, "first")
        monkeypatch.setenv("DOCKER_CONFIG", str(folder))
        auth = basic(USER, PASSWORD).removeprefix("Basic ")
        login = {"auths": {private.host: {"auth": auth}}}
        (folder / "config.json").write_text(json.dumps(login))

        assert resolve_images("local") == ExitCode.DONE
