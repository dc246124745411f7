"""Our own images, built and run: confined as the platforms confine them, and without a shell."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.services.docker_images import base, built, docker, inspected
from tests.services.dockerfile import IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEALTHY_SECONDS = 90.0
LARGEST = {"faiss_server": 250, "ollama_exporter": 30}
"""Megabytes that an image may add to its base."""
NEEDED = {"faiss_server": ("--volume=/data",), "ollama_exporter": ()}
"""What else it is given, as its spec has it. A fresh volume belongs to whom the image says."""
CONFINED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=none")

pytestmark = [pytest.mark.long, pytest.mark.parametrize("image", IMAGES, indirect=True)]


@pytest.fixture(scope="module")
def image(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """An image's name in the repository, and the tag that it is built under."""
    name = str(request.param)
    with built(name) as tag:
        yield name, tag


def test_it_becomes_healthy_confined_without_root_and_without_a_shell(
    image: tuple[str, str], tmp_path: Path
) -> None:
    name, tag = image
    nothing = tmp_path / "nothing"
    nothing.touch(mode=0o444)
    shells = [f"--volume={nothing}:/usr/bin/{shell}:ro" for shell in ("sh", "bash", "dash")]
    quick = ("--health-interval=1s", "--tmpfs=/tmp:size=16m")
    container = docker("run", "--detach", *CONFINED, *NEEDED[name], *quick, *shells, tag)
    try:
        deadline = time.monotonic() + HEALTHY_SECONDS
        while (state := inspected(container)["State"])["Health"]["Status"] != "healthy":
            assert state["Running"], docker("logs", container)
            assert time.monotonic() < deadline, state["Health"]["Log"]
            time.sleep(0.5)
        status = docker("exec", container, "python3", "-c", "print(open('/proc/1/status').read())")
        lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert lines["Uid"].split() == ["10001"] * 4
        assert lines["CapEff"].strip("0") == ""
        assert lines["NoNewPrivs"] == "1"
        docker("stop", "--time=20", container)
        assert inspected(container)["State"]["ExitCode"] == 0
    finally:
        docker("rm", "--force", "--volumes", container)


def test_it_adds_no_more_to_its_base_than_it_has_to(image: tuple[str, str]) -> None:
    name, tag = image

    added = (inspected(tag)["Size"] - inspected(base())["Size"]) / 10**6

    assert 0 < added < LARGEST[name]


def test_nobody_but_root_could_change_the_program(image: tuple[str, str]) -> None:
    _, tag = image
    walk = (
        "import os; print([p for d, _, fs in os.walk('/app') for p in [d, *(d + '/' + f for f in "
        "fs)] if os.access(p, os.W_OK)])"
    )

    assert docker("run", "--rm", "--entrypoint=python3", tag, "-c", walk) == "[]"
