"""What every tier shares: the real stacks, planned by the real program."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import yaml

from rf.cli import run
from rf.plan.model import Plan
from rf.plan.record import Config, record
from rf.plan.run import plan_stacks
from rf.project import find_project
from settings import SECRETS
from tests.closing import pytest_terminal_summary  # noqa: F401 a hook

# No test may fail because its machine is busy; time is measured in benchmarks.
hypothesis.settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy machine")

PROJECT = "researchflow-ai"
STACKS = ("local", "staging", "production")
INFRASTRUCTURE = ("staging-infra", "production-infra")
"""Stacks of AWS; the others hold services."""
Rf = Callable[..., tuple[int, str, str]]
"""``rf`` with arguments: exit status, stdout and stderr."""


def platform(stack: str) -> dict[str, Any]:
    """What the stack file says below ``researchflow-ai:platform``."""
    config = yaml.safe_load(Path(f"Pulumi.{stack}.yaml").read_text())["config"]
    found: dict[str, Any] = config[f"{PROJECT}:platform"]
    return found


def planned(tree: dict[str, Any], stack: str = "test") -> Plan:
    """The plan of the real program for settings that no file holds."""
    plain = {
        f"{PROJECT}:platform": json.dumps(tree),
        "pulumi:disable-default-providers": '["aws", "docker", "kubernetes"]',
    }
    config = Config(plain, [f"{PROJECT}:{name}" for name in SECRETS])

    def program() -> None:
        runpy.run_path("__main__.py", run_name="__main__")

    return record(program, project=PROJECT, stack=stack, config=config)


@pytest.fixture(scope="session")
def plans() -> dict[str, Plan]:
    """The plan of every stack, as ``rf plan`` makes it."""
    found = plan_stacks(find_project(Path.cwd()), (*STACKS, *INFRASTRUCTURE))
    return {plan.stack: plan for plan in found}


@pytest.fixture
def command_line(capfd: pytest.CaptureFixture[str]) -> Rf:
    """``rf`` in this process, where it is."""

    def call(*arguments: str) -> tuple[int, str, str]:
        status = run(arguments)
        out, err = capfd.readouterr()
        return status, out, err

    return call
