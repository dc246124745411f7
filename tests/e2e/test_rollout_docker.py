"""``rf rollout`` as people run it, on containers of a real Docker engine.

Everything is real but Triton, and the slow lane: ``pulumi`` is a stand-in that makes of the plan
what the Docker provider would (``harness/docker/stand_in_pulumi.py``).
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from rf.exit_codes import ExitCode
from rf.rollout.core import Model
from rf.rollout.effects.machine import MachineInside
from rf.rollout.effects.models import LoadedModels
from settings import parse
from tests.e2e.harness.docker.stack import DockerStack, docker_stack, engine
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.xdist_group("e2e-docker"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]

# The policies allow no first step above 10 %, and none of more than 50.
HASTY = {
    "steps": [10, 60, 100],
    "pace": {"min_hold": 1, "bake": 1, "max_hold": 120, "poll": 1, "retry_wait": 1},
    "services": {
        "triton": {"gates": {"settle": 1, "beta": 0.2, "design_effect": 1, "error_rate": 0.1}}
    },
}
PATIENCE = 900.0
"""Seconds that one command may take on a busy machine."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerStack]:
    """A stack with traffic, which each test leaves with one version and no rollout unfinished."""
    folder = tmp_path_factory.mktemp("docker")
    with docker_stack(folder, {"rollout": HASTY}) as found, found.traffic():
        yield found


def tritons(stack: DockerStack) -> dict[str, str]:
    """The image of each Triton that runs, by its track."""
    prefix = f"{stack.repository}-local-triton-"
    found: list[Any] = engine().containers.list(filters={"name": prefix, "status": "running"})
    return {
        each.name.removeprefix(prefix): each.attrs["Config"]["Image"].partition(":")[2]
        for each in found
    }


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What ``process`` writes until a line holds ``words``; all of it when none does."""
    said = ""
    for line in process.stdout or ():
        said += line
        if words in line:
            break
    return said


def test_models_are_asked_for_from_inside_as_nothing_else_reaches_them(stack: DockerStack) -> None:
    specs = parse(stack.settings, stack.file.name).specs
    triton = next(spec for spec in specs if spec.name == "triton")
    prefix = f"{stack.repository}-local"
    inside = MachineInside(engine(), f"{prefix}-gateway", lambda spec: f"{prefix}-{spec.instance}")

    found = LoadedModels(inside, triton).loaded("triton", "stable")

    assert found == (Model(name="m", size=4, size_vram=3),)


def test_a_bad_version_is_taken_back_and_leaves_nothing_behind(stack: DockerStack) -> None:
    before = stack.settings

    bad = ("--service", "triton", "--image", stack.image("model-3"), "--force")
    ended = stack.rf(*bad, "--commit", timeout=PATIENCE)
    status = stack.rf("status")

    assert ended.returncode == ExitCode.ROLLED_BACK, ended.stdout + ended.stderr
    assert "step: triton: 10 % of the users" in ended.stdout
    assert "not committed" in ended.stdout
    assert "is in no git repository" in ended.stdout
    assert stack.settings == before
    assert tritons(stack) == {"stable": "model-1"}
    assert "rolled back" in status.stdout
    since = time.time()
    time.sleep(1)
    assert {code for at, code in stack.replies if at > since} == {200}


def test_a_good_version_is_promoted_though_its_controller_is_ended_paused_and_killed(
    stack: DockerStack,
) -> None:
    good = ("--service", "triton", "--image", stack.image("model-2"), "--force")

    with stack.started(*good) as process:
        read_until(process, "step: triton: 10 % of the users")
        locked = stack.rf(*good)
        process.send_signal(signal.SIGTERM)
        said = read_until(process, "no line says this")
        interrupted = process.wait(PATIENCE)
    idle = stack.rf("status")
    with stack.started("resume") as process:
        asked = stack.rf("pause")
        paused_said = read_until(process, "no line says this")
        paused = process.wait(PATIENCE)
    with stack.started("resume") as process:
        read_until(process, "step: triton: ")
        process.kill()
    promoted = stack.rf("resume", timeout=PATIENCE)

    assert locked.returncode == ExitCode.LOCKED, locked.stdout + locked.stderr
    assert interrupted == ExitCode.PAUSED, said
    assert "ending: what is under way is finished first" in said
    assert "rf rollout resume goes on where it stands" in said
    assert "nobody is at work on it" in idle.stdout
    assert asked.returncode == ExitCode.DONE, asked.stderr
    assert paused == ExitCode.PAUSED, paused_said
    assert promoted.returncode == ExitCode.DONE, promoted.stdout + promoted.stderr
    assert tritons(stack) == {"stable": "model-2"}
    assert stack.settings["services"]["triton"]["image"] == stack.image("model-2")
    assert stack.settings["rollout"] == HASTY
