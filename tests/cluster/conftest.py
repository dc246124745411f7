"""One stack after the other, each on a control plane of its own."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from components.platforms.kubernetes.args import KubernetesArgs
from settings import SECRETS, parse
from tests.cluster.api import Api
from tests.cluster.control_plane.binaries import MissingProgramsError, binaries, unbuilt
from tests.cluster.control_plane.build import build, can_build
from tests.cluster.control_plane.plane import control_plane
from tests.cluster.objects import waves
from tests.cluster.platform import Platform
from tests.conftest import platform as stack_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rf.plan.model import Plan
    from tests.cluster.control_plane.binaries import Binaries

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


@pytest.fixture(scope="session")
def programs(request: pytest.FixtureRequest) -> Binaries:
    """The programs of the control plane; the tier is skipped in one line without them."""
    if "cluster" not in request.config.option.markexpr:
        pytest.skip("a control plane and two stacks take minutes; run make test-cluster")
    if os.environ.get("RF_BUILD_CLUSTER") == "1" and can_build():
        for program in unbuilt():
            build(program)
    try:
        return binaries()
    except MissingProgramsError as error:
        pytest.skip(str(error))


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
        found = described(name, plans[name], Api(client))
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
    return Platform(api=api, stack=stack, target=target, gpu=gpu, waves=found)
