"""Our program on the real engine: all stacks, previewed, deployed, left alone and destroyed.

What stands in for the provider plugins, and what that cannot show, is in stand_in_provider.py.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rf.plan.model import STACK_TYPE
from tests.engine.conftest import FirstUp, OpenStack, Timed
from tests.engine.deployment import Deployment
from tests.engine.states import as_value, different, of_engine, of_plan

if shutil.which("pulumi") is None:
    pytest.skip(
        "pulumi is not on PATH; get it with `make up` or from pulumi.com/docs/install",
        allow_module_level=True,
    )

pytestmark = pytest.mark.xdist_group("engine")


@pytest.fixture(params=["local", "staging", "production"])
def stack(request: pytest.FixtureRequest, first_up: Callable[[str], FirstUp]) -> FirstUp:
    return first_up(request.param)


@pytest.fixture
def deployed(stack: FirstUp, tmp_path: Path) -> Deployment:
    """The stack after its first ``up``, to do with as a test likes."""
    return stack.deployment.copy(tmp_path / "copy")


@pytest.fixture
def fresh(open_stack: OpenStack) -> Deployment:
    """A local stack that has its secrets and nothing else."""
    return open_stack("local")


def test_a_preview_has_the_resources_that_the_offline_plan_says(stack: FirstUp) -> None:
    planned = {resource.urn for resource in stack.planned.resources}

    assert set(stack.previewed) == planned
    assert len(planned) > 80


def test_a_preview_says_the_same_of_each_resource_as_the_offline_plan(stack: FirstUp) -> None:
    planned = {resource.urn: of_plan(resource) for resource in stack.planned.resources}
    previewed = {urn: of_engine(state) for urn, state in stack.previewed.items()}

    assert list(different(planned, previewed, "")) == []


def test_outputs_come_out_as_planned(stack: FirstUp) -> None:
    state = stack.deployment.state()
    planned = {r.urn: r.outputs for r in stack.planned.resources if not r.custom}
    planned[stack.planned.urn] = stack.planned.outputs

    recorded = {urn: as_value(state[urn].get("outputs", {})) for urn in planned}

    assert recorded == planned


def test_the_first_up_creates_everything_and_things_outside_are_there(stack: FirstUp) -> None:
    state = stack.deployment.state().values()
    managed = [resource for resource in state if resource["custom"]]
    providers = [resource for resource in managed if "pulumi:providers" in resource["type"]]

    assert set(stack.changes.values()) == {"create"}
    assert len(stack.changes) == len(stack.planned.resources) + 1, "and the stack itself"
    assert len(stack.deployment.deployed()) == len(managed) - len(providers)


def test_the_second_time_nothing_changes(deployed: Deployment, timed: Timed) -> None:
    with timed(f"pulumi preview {deployed.stack}, nothing to do"):
        deployed.run("preview", "--expect-no-changes")


def test_destroying_leaves_nothing(first_up: Callable[[str], FirstUp], tmp_path: Path) -> None:
    for stack in ("local", "staging"):
        deployed = first_up(stack).deployment.copy(tmp_path / stack)

        deployed.run("destroy", "--yes", "--skip-preview")

        assert deployed.state() == {}
        assert deployed.deployed() == []


def test_production_is_destroyed_only_after_its_data_was_unprotected(
    first_up: Callable[[str], FirstUp], tmp_path: Path
) -> None:
    deployed = first_up("production").deployment.copy(tmp_path / "copy")
    before = deployed.deployed()

    refused = deployed.fail("destroy", "--yes")

    claims = [title for title in first_up("production").changes if "PersistentVolumeClaim" in title]
    assert len(claims) == refused.count("because it is protected") == 6
    assert "pulumi state unprotect" in refused
    assert deployed.deployed() == before

    deployed.run("state", "unprotect", "--all", "--yes")
    deployed.run("destroy", "--yes", "--skip-preview")

    assert deployed.state() == {}
    assert deployed.deployed() == []
