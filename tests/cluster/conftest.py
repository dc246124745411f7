"""One stack after the other, each on a control plane of its own."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from components.platforms.kubernetes.args import KubernetesArgs
from settings import SECRETS, parse
from tests.cluster.api import Api
from tests.cluster.control_plane.binaries import MissingProgramsError, binaries, unbuilt
from tests.cluster.control_plane.build import build, can_build
from tests.cluster.control_plane.credentials import ADMIN
from tests.cluster.control_plane.plane import control_plane
from tests.cluster.nodes import nodes, storage_classes
from tests.cluster.objects import waves
from tests.cluster.platform import Platform
from tests.conftest import platform as stack_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rf.plan.model import Plan
    from tests.cluster.control_plane.binaries import Binaries

HERE = Path(__file__).parent
TIMINGS = pytest.StashKey[list[str]]()
# Characters that a value may have and that mean something in YAML, JSON or a shell.
TEST_SECRETS = {name: f"{name} of a test: \"'#>&~*" for name in SECRETS}


def timings(config: pytest.Config) -> list[str]:
    """What is told at the end of the run."""
    return config.stash.setdefault(TIMINGS, [])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in timings(config):
        terminalreporter.write_line(line)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where the tier cannot run, one test says so for all."""
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    reason = why_not(config)
    if reason is None or not ours:
        return
    first, *rest = ours
    first.add_marker(
        pytest.mark.skip(reason=f"{len(ours)} tests against a control plane: {reason}")
    )
    dropped = set(rest)
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=rest)


def why_not(config: pytest.Config) -> str | None:
    """Why the tier does not run; None when it does."""
    if "cluster" not in config.option.markexpr:
        return "they take minutes; run make test-cluster"
    if os.environ.get("RF_BUILD_CLUSTER") == "1" and can_build():
        return None
    try:
        binaries()
    except MissingProgramsError as error:
        return str(error)
    return None


@pytest.fixture(scope="session")
def programs() -> Binaries:
    """The programs of the control plane, built first if that is asked for."""
    if os.environ.get("RF_BUILD_CLUSTER") == "1":
        for program in unbuilt():
            build(program)
    return binaries()


@pytest.fixture(scope="session", params=["staging", "production"])
def platform(
    request: pytest.FixtureRequest,
    programs: Binaries,
    plans: dict[str, Plan],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Platform]:
    """A stack of the real program on a control plane of its own.

    Emptying a control plane takes longer than starting one.
    """
    name = request.param
    with (
        control_plane(programs, tmp_path_factory.mktemp(name)) as plane,
        plane.client() as client,
    ):
        found = replace(
            described(name, plans[name], Api(client)),
            kubeconfig=plane.kubeconfigs[ADMIN].read_text(),
        )
        began = time.monotonic()
        found.install()
        told = timings(request.config)
        told.append(f"{name}: control plane ready in {plane.started_in:.1f} s")
        took = time.monotonic() - began
        told.append(f"{name}: {len(found.objects)} objects ready in {took:.1f} s")
        yield found


def described(name: str, plan: Plan, api: Api) -> Platform:
    """The platform of the stack called ``name``, before it is installed."""
    stack = parse(stack_file(name), f"Pulumi.{name}.yaml")
    target, gpu = stack.settings.target, stack.settings.gpu
    assert isinstance(target, KubernetesArgs)
    assert gpu is not None
    specs = [entry.spec for entry in stack.entries]
    found = waves(plan, specs, TEST_SECRETS)
    # No GPU is left over, which is when an update could wait for itself.
    used = sum(spec.resources.gpus * spec.replicas for spec in specs if not spec.per_node)
    surroundings = (*storage_classes(target), *nodes(gpu.pool, used))
    return Platform(api=api, stack=stack, target=target, surroundings=surroundings, waves=found)
