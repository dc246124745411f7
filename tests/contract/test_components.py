"""Rules that every component and every resource of every stack keeps."""

import dataclasses
import inspect
from collections import Counter
from typing import Any

import pytest

from components.catalogue import CATALOGUE
from components.context import Context
from components.service import AIService
from rf.plan.model import SECRET, STACK_TYPE, Plan, Resource, leaves, nulls
from tests.conftest import INFRASTRUCTURE, STACKS


def components(plan: Plan) -> list[Resource]:
    return [resource for resource in plan.resources if not resource.custom]


def metadata(resource: Resource) -> dict[str, Any]:
    found = resource.inputs["metadata"]
    assert isinstance(found, dict)
    return found


@pytest.fixture(params=[*STACKS, *INFRASTRUCTURE])
def plan(request: pytest.FixtureRequest, plans: dict[str, Plan]) -> Plan:
    found: Plan = plans[request.param]
    return found


def test_every_resource_belongs_to_a_component(plan: Plan) -> None:
    loose = [
        resource.urn
        for resource in plan.resources
        if resource.custom and resource.kind != "Provider" and STACK_TYPE in resource.parent
    ]

    assert loose == []


def test_a_childs_name_is_derived_from_its_components(plan: Plan) -> None:
    names = {resource.urn: resource.name for resource in plan.resources}

    strays = [
        resource.urn
        for resource in plan.resources
        if resource.parent in names
        and not f"{resource.name}-".startswith(f"{names[resource.parent]}-")
    ]

    assert strays == []


def test_a_components_type_is_ours_and_a_noun(plan: Plan) -> None:
    for component in components(plan):
        package, module, noun = component.type.split(":")
        assert (package, module) == ("researchflow", "index")
        assert noun[0].isupper()


def test_every_component_registers_its_outputs(plan: Plan) -> None:
    assert [component.name for component in components(plan) if not component.outputs] == []


def test_no_component_is_given_a_secret(plan: Plan) -> None:
    """Policies see a component's inputs in clear (report C §0)."""
    for component in components(plan):
        assert SECRET not in [value for _, value in leaves(component.inputs)], component.name


def test_no_input_is_null(plan: Plan) -> None:
    assert nulls(plan) == ()


def test_no_two_resources_share_a_urn(plan: Plan) -> None:
    repeated = [urn for urn, count in Counter(r.urn for r in plan.resources).items() if count > 1]

    assert repeated == []


def test_every_resource_uses_the_stacks_own_provider(plan: Plan) -> None:
    """Whatever the shell points at must never be what gets changed."""
    strays = [
        resource.urn
        for resource in plan.resources
        if resource.custom and resource.kind != "Provider" and not resource.provider
    ]

    assert strays == []


def test_every_kubernetes_object_says_whose_it_is(plan: Plan) -> None:
    for resource in plan.resources:
        if not resource.type.startswith("kubernetes:"):
            continue
        labels = metadata(resource)["labels"]
        assert labels["app.kubernetes.io/part-of"] == "researchflow-ai", resource.urn
        assert labels["app.kubernetes.io/managed-by"] == "pulumi", resource.urn


def test_every_kubernetes_object_has_a_name_of_its_own(plan: Plan) -> None:
    for resource in plan.resources:
        if resource.type.startswith("kubernetes:"):
            assert metadata(resource)["name"], resource.urn


@pytest.mark.parametrize("component", CATALOGUE, ids=lambda c: c.__name__)
class TestEveryServiceClass:
    """What a service class owes whoever uses it."""

    def test_its_arguments_are_frozen_keyword_only_and_have_defaults(
        self, component: type[AIService[Any]]
    ) -> None:
        args = component.args_type()
        field = dataclasses.fields(args)[0].name

        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(args, field, None)
        parameters = inspect.signature(component.args_type).parameters.values()
        assert {parameter.kind for parameter in parameters} == {inspect.Parameter.KEYWORD_ONLY}

    def test_it_says_what_it_promises(self, component: type[AIService[Any]]) -> None:
        assert component.__doc__
        assert component.args_type.__doc__

    def test_its_service_name_is_the_specs(self, component: type[AIService[Any]]) -> None:
        from components.catalogue import describe
        from components.context import GpuArgs, LogsArgs

        logs = LogsArgs(url="https://logs.example.com/push")
        context = Context(gpu=GpuArgs(), kubernetes=True, logs=logs)

        specs = {e.component: e.spec for e in describe({}, context)}

        assert specs[component].name == component.service
