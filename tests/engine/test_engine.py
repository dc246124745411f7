"""Our program on the real engine: previewed, deployed, left alone, destroyed, refused.

What stands in for the provider plugins, and what that cannot show, is in stand_in_provider.py.
"""

import re

from tests.engine.conftest import FirstUp, Timed, on_engine
from tests.engine.deployment import Deployment
from tests.engine.plugins import require_pulumi
from tests.engine.states import as_value, different, of_engine, of_plan

require_pulumi()


@on_engine("local", "staging", "production", "staging-infra")
def test_a_preview_says_the_same_as_the_offline_plan(stack: FirstUp) -> None:
    planned = {resource.urn: of_plan(resource) for resource in stack.planned.resources}

    previewed = {urn: of_engine(state) for urn, state in stack.previewed.items()}

    assert len(planned) > 80
    assert list(different(planned, previewed)) == []


@on_engine("local", "staging", "production")
def test_the_outputs_of_stack_and_components_come_out_as_planned(stack: FirstUp) -> None:
    planned = {r.urn: r.outputs for r in stack.planned.resources if not r.custom}
    planned[stack.planned.urn] = stack.planned.outputs

    state = stack.deployment.state()

    assert {urn: as_value(state[urn]["outputs"]) for urn in planned} == planned


@on_engine("local", "staging", "production", "staging-infra")
def test_the_first_up_creates_everything_that_was_planned(stack: FirstUp) -> None:
    planned = stack.planned.resources
    outside = [r for r in planned if r.custom and r.kind != "Provider"]

    assert set(stack.changes.values()) == {"create"}
    assert set(stack.deployment.state()) == {stack.planned.urn, *(r.urn for r in planned)}
    assert len(stack.deployment.made()) == len(outside)


@on_engine("local", "staging", "production", "staging-infra")
def test_a_second_time_there_is_nothing_to_do(stack: FirstUp, timed: Timed) -> None:
    with timed(f"pulumi preview {stack.deployment.stack}, nothing to do"):
        output = stack.deployment.run("preview", "--diff", "--show-sames", "--expect-no-changes")

    assert f"{len([*stack.planned.resources, 'the stack itself'])} unchanged" in output


@on_engine("local", "staging", "staging-infra")
def test_destroying_leaves_nothing(deployed: Deployment) -> None:
    deployed.run("destroy", "--yes", "--skip-preview", "--diff")

    assert deployed.state() == {}
    assert deployed.made() == []


@on_engine("production")
def test_production_is_destroyed_only_once_its_data_is_unprotected(
    stack: FirstUp, deployed: Deployment
) -> None:
    before = deployed.made()
    claims = {r.urn for r in stack.planned.resources if r.kind == "PersistentVolumeClaim"}

    refusal = deployed.fail("destroy", "--yes")

    assert set(re.findall("`pulumi state unprotect '(.+)'`", refusal)) == claims
    assert len(claims) == 6
    assert deployed.made() == before

    deployed.run("state", "unprotect", "--all", "--yes")
    deployed.run("destroy", "--yes", "--skip-preview")

    assert deployed.state() == {}
    assert deployed.made() == []
