"""A stack of services that takes its cluster from the stack that made it."""

import asyncio
from typing import Any

import pulumi
import pytest
from pulumi.runtime.settings import reset_options

from components.infrastructure_stack import (
    holds_shared_volumes,
    of_infrastructure,
    same_environment,
)
from components.platforms.kubernetes.args import KubernetesArgs
from components.storage_classes import DISKS, FILES
from rf.plan.model import SECRET
from rf.policy.planned import judge_plan
from settings import SettingsError, parse
from tests.conftest import planned, platform

STACK = "organization/researchflow-ai/staging-infra"


def tree(stack: str = STACK, stack_file: str = "staging") -> dict[str, Any]:
    """A stack file's settings, on the cluster of ``stack`` and with its storage classes."""
    found = platform(stack_file)
    place = {"kind": "kubernetes", "namespace": found["target"]["namespace"]}
    return found | {"target": place | {"infrastructure": stack}}


def test_its_plan_reads_the_other_stack_and_asks_for_no_kubeconfig() -> None:
    plan = planned(tree(), "staging")

    (reference,) = [each for each in plan.resources if each.kind == "StackReference"]
    (provider,) = [each for each in plan.resources if each.name == "kubernetes"]
    assert reference.read
    assert reference.inputs == {"name": STACK}
    assert provider.inputs["kubeconfig"] is SECRET
    assert "kubeconfig" not in parse(tree(), "Pulumi.staging.yaml").secrets
    assert not judge_plan(plan).blocks


class OtherStack(pulumi.runtime.Mocks):
    """An engine that knows the outputs of the infrastructure."""

    def __init__(self, **outputs: str) -> None:
        self.outputs = outputs

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return args.name, {"name": args.name, "outputs": self.outputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        raise AssertionError(args.token)


def kubeconfig(**outputs: str) -> str:
    """What production, whose models are shared, takes from a stack with these outputs."""
    stack = parse(tree(stack_file="production"), "Pulumi.production.yaml")
    target = stack.settings.target
    assert isinstance(target, KubernetesArgs)
    taken: list[str] = []

    def program() -> None:
        found = of_infrastructure(target, stack.settings.environment, stack.specs)
        pulumi.export("taken", found["kubeconfig"].apply(taken.append))

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # Untyped in the SDK.
    run_as_test: Any = pulumi.runtime.test
    pulumi.runtime.set_mocks(OtherStack(**outputs), project="test", preview=False)
    try:
        run_as_test(program)()
    finally:
        reset_options()
        asyncio.set_event_loop(None)
        loop.close()
    return taken[0]


def test_it_takes_the_kubeconfig_once_it_has_seen_that_the_cluster_is_fit() -> None:
    outputs = {"environment": "production", "kubeconfig": "the file"}

    assert kubeconfig(**outputs, sharedStorageClass=FILES) == "the file"
    with pytest.raises(pulumi.RunError, match=r"storage: \{shared: true\}"):
        kubeconfig(**outputs)
    with pytest.raises(pulumi.RunError, match="a stack of staging"):
        kubeconfig(**outputs | {"environment": "staging"}, sharedStorageClass=FILES)


def test_the_cluster_of_another_environment_is_refused() -> None:
    same_environment(STACK, "staging", "staging")
    with pytest.raises(pulumi.RunError, match="a stack of production; this one is of staging"):
        same_environment(STACK, "staging", "production")


def test_volumes_that_nodes_share_need_the_class_that_the_other_stack_may_lack() -> None:
    sharing = ("ollama", "triton")

    holds_shared_volumes(STACK, sharing, FILES)
    holds_shared_volumes(STACK, (), None)
    with pytest.raises(pulumi.RunError, match="of ollama, triton, and") as raised:
        holds_shared_volumes(STACK, sharing, None)
    assert STACK in str(raised.value)
    assert "storage: {shared: true}" in str(raised.value)


def test_its_volumes_are_of_the_classes_that_the_other_stack_makes() -> None:
    plan = planned(tree(stack_file="production"), "production")

    claims = {
        each.name: each.inputs["spec"]["storageClassName"]  # type: ignore[index, call-overload]
        for each in plan.resources
        if each.kind == "PersistentVolumeClaim"
    }
    assert claims["ollama-volume-models"] == claims["triton-volume-models"] == FILES
    assert {DISKS, FILES} == {*claims.values()}
    assert claims["faiss-volume-data"] == DISKS


@pytest.mark.parametrize("name", ["staging-infra", "a/b", "a/b/c d"])
def test_the_other_stack_is_named_in_full(name: str) -> None:
    with pytest.raises(SettingsError, match=r"target\.infrastructure"):
        parse(tree(name), "Pulumi.staging.yaml")
