"""Our own images, built by a real Docker engine when they are missing."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from rf.deploy.local_images import ensure_images
from rf.deploy.runner import SubprocessRunner
from rf.errors import BadInputError


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=120, check=False
    )


if shutil.which("docker") is None or docker("version").returncode:
    pytest.skip("no Docker engine answers; start one to run this", allow_module_level=True)


@pytest.fixture
def image() -> Iterator[str]:
    """A name that no image has, before the test and after it."""
    name = f"researchflow/made-up:{uuid4().hex}"
    yield name
    docker("image", "rm", name)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose service ``made_up`` is an image without a base."""
    folder = tmp_path / "services/made_up"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\nUSER 10001:10001\n")
    return tmp_path


def ensure(root: Path, image: str, **variables: str) -> list[str]:
    said: list[str] = []
    env = {**os.environ, **variables}
    ensure_images({image: image}, root=root, env=env, runner=SubprocessRunner(), say=said.append)
    return said


def test_a_missing_image_is_built_once(root: Path, image: str) -> None:
    assert ensure(root, image) == [f"Building {image} from services/made_up, once ..."]
    built = docker("image", "inspect", "--format", "{{.Id}} {{.Config.User}}", image).stdout

    assert ensure(root, image) == []
    assert "10001:10001" in built
    assert docker("image", "inspect", "--format", "{{.Id}} {{.Config.User}}", image).stdout == built


def test_an_image_that_cannot_be_built_is_an_error_and_leaves_none(root: Path, image: str) -> None:
    (root / "services/made_up/Dockerfile").write_text("FROM scratch\nCOPY no-such-file /\n")

    with pytest.raises(BadInputError, match="Docker says why above"):
        ensure(root, image)

    assert docker("image", "inspect", image).returncode != 0


def test_an_engine_that_does_not_answer_is_one_line(root: Path, image: str) -> None:
    with pytest.raises(BadInputError) as raised:
        ensure(root, image, DOCKER_HOST="unix:///nowhere/docker.sock")

    message = str(raised.value)
    assert message.startswith("this stack needs a Docker engine, and none answers here: ")
    assert "unix:///nowhere/docker.sock" in message
    assert len(message.splitlines()) == 1
