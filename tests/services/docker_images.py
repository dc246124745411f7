"""Builds our own images with the Docker of this machine, and looks at what came of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.services.dockerfile import IMAGES, ROOT, instructions

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILD_SECONDS = 600


def docker(*arguments: str, timeout: float = 60) -> str:
    done = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout.strip()


def inspected(name: str) -> dict[str, Any]:
    (found,) = json.loads(docker("inspect", name))
    return dict(found)


def base() -> str:
    """The base of all; skips where it cannot be had."""
    name = instructions(IMAGES[0])[0].rest.removeprefix("BASE=")
    if shutil.which("docker") is None:
        pytest.skip("no docker on PATH: images are read, but not built")
    have = subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False)
    if have.returncode:
        pytest.skip(f"Docker does not run, or has no {name}: docker pull {name} gets it")
    return name


@contextmanager
def built(name: str) -> Iterator[str]:
    """The tag under which an image of ours was built; it is gone afterwards."""
    base()
    tag = f"researchflow-test/{name}:{uuid4().hex[:12]}"
    docker("build", "--network=host", "-t", tag, str(ROOT / name), timeout=BUILD_SECONDS)
    try:
        yield tag
    finally:
        docker("image", "rm", "--force", tag)
