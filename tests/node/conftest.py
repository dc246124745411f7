"""The staging stack on one real node, started once for all tests of this tier."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cluster.control_plane.binaries import binaries
from tests.e2e.harness.images import Image
from tests.node.machine.cluster import Cluster, cluster
from tests.node.machine.configuration import PAUSE
from tests.node.machine.images import Layout
from tests.node.machine.programs import NODE, obstacle
from tests.node.machine.world import RUN
from tests.node.stack import described, image, real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cluster.platform import Platform

HERE = Path(__file__).parent
MODELS = HERE.parent / "e2e" / "models"
TIMINGS = pytest.StashKey[list[str]]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash.get(TIMINGS, []):
        terminalreporter.write_line(line)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where the tier cannot run, one test says so for all."""
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    reason = why_not(config)
    if reason is None or not ours:
        return
    first, *rest = ours
    first.add_marker(pytest.mark.skip(reason=f"{len(ours)} tests on a real node: {reason}"))
    dropped = set(rest)
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=rest)


def why_not(config: pytest.Config) -> str | None:
    """Why the tier does not run; None when it does."""
    if "node" not in config.option.markexpr:
        return "they take minutes; run make test-node"
    return obstacle()


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of one real node."""
    with cluster(binaries(NODE), tmp_path_factory.mktemp("node")) as found:
        yield found


@pytest.fixture(scope="session")
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Has a line shown at the end of the run."""
    return request.config.stash.setdefault(TIMINGS, []).append


@pytest.fixture(scope="session")
def platform(node: Cluster, tell: Callable[[str], None]) -> Platform:
    """Every pod of the stack that can be had, ready."""
    found = described(node.api)
    tell(f"control plane and node ready in {node.started_in:.1f} s")
    began = time.monotonic()
    load_images(node)
    make_volumes(node, found)
    tell(f"images and volumes there in {time.monotonic() - began:.1f} s")
    began = time.monotonic()
    found.install()
    tell(f"{len(found.pods())} pods ready in {time.monotonic() - began:.1f} s")
    return found


def load_images(node: Cluster) -> None:
    """Give the node an image for each service that can be had."""
    folder = node.world.path(f"{RUN}/images")
    folder.mkdir()
    layout = Layout(folder=folder)
    layout.add_pause(PAUSE)
    for spec in real().values():
        found = image(spec.name)
        assert isinstance(found, Image)
        layout.add(spec.image, found)
    node.node.load(layout)
    shutil.rmtree(folder)


def make_volumes(node: Cluster, platform: Platform) -> None:
    """Empty folders, but for Triton's, which holds a model."""
    for body in platform.surroundings:
        if body["kind"] == "PersistentVolume":
            folder = node.world.path(body["spec"]["local"]["path"])
            folder.mkdir(parents=True)
            if body["metadata"]["name"].startswith("triton-"):
                shutil.copytree(MODELS, folder, dirs_exist_ok=True)
