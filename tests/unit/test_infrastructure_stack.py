"""A stack of services that takes its cluster from the stack that made it."""

from typing import Any

import pulumi
import pytest

from components.infrastructure_stack import checked
from rf.plan.model import SECRET
from rf.policy.planned import judge_plan
from settings import SettingsError, parse
from tests.conftest import planned, platform

STACK = "organization/researchflow-ai/staging-infra"


def tree(stack: str = STACK) -> dict[str, Any]:
    found = platform("staging")
    return found | {"target": found["target"] | {"infrastructure": stack}}


def test_its_plan_reads_the_other_stack_and_asks_for_no_kubeconfig() -> None:
    plan = planned(tree(), "staging")

    (reference,) = [each for each in plan.resources if each.kind == "StackReference"]
    (provider,) = [each for each in plan.resources if each.name == "kubernetes"]
    assert reference.read
    assert reference.inputs == {"name": STACK}
    assert provider.inputs["kubeconfig"] is SECRET
    assert "kubeconfig" not in parse(tree(), "Pulumi.staging.yaml").secrets
    assert not judge_plan(plan).blocks


def test_the_cluster_of_another_environment_is_refused() -> None:
    assert checked(STACK, "staging", "staging", "the file") == "the file"
    with pytest.raises(pulumi.RunError, match="a stack of production; this one is of staging"):
        checked(STACK, "staging", "production", "the file")


@pytest.mark.parametrize("name", ["staging-infra", "a/b", "a/b/c d"])
def test_the_other_stack_is_named_in_full(name: str) -> None:
    with pytest.raises(SettingsError, match=r"target\.infrastructure"):
        parse(tree(name), "Pulumi.staging.yaml")
