"""What happens to each resource between two recorded plans."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from rf.diff.audience import restarts
from rf.diff.changes import Change, changes
from rf.plan.model import Plan
from rf.plan.record import record
from tests.plan_projects import Group, config_map

CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"


def plan(program: Callable[[], object]) -> Plan:
    return record(program, project="demo", stack="dev")


def claim(name: str = "data", opts: pulumi.ResourceOptions | None = None, **spec: Any) -> None:
    metadata = {"name": name, "namespace": "ns"}
    pulumi.CustomResource(CLAIM, name, {"metadata": metadata, "spec": spec}, opts)


def between(before: Callable[[], object], after: Callable[[], object]) -> tuple[Change, ...]:
    return changes(plan(before), plan(after))


def nothing() -> None:
    """No resources."""


def test_creations_and_deletions_are_told_and_the_loss_of_data_comes_first() -> None:
    def before() -> None:
        claim()
        config_map("old", {})

    found = between(before, lambda: config_map("new", {}))

    assert [(each.action, each.label, each.loss) for each in found] == [
        ("delete", "PersistentVolumeClaim data", "its data"),
        ("delete", "ConfigMap old", None),
        ("create", "ConfigMap new", None),
    ]


def test_a_replacement_names_the_properties_that_force_it() -> None:
    (found,) = between(
        lambda: claim(storageClassName="a", resources=1),
        lambda: claim(storageClassName="b", resources=2),
    )

    assert found.action == "replace"
    assert found.dangerous
    assert {each.difference.text: each.effect.name for each in found.properties} == {
        "spec.resources": "UPDATE",
        "spec.storageClassName": "REPLACE",
    }


def test_a_component_is_no_change_of_its_own() -> None:
    assert between(nothing, lambda: Group("g").close()) == ()


def test_what_the_program_tells_the_engine_to_ignore_is_ignored() -> None:
    options = pulumi.ResourceOptions(ignore_changes=["spec.size"])

    assert between(lambda: claim(size=1), lambda: claim("data", options, size=2)) == ()


def test_a_protected_resource_is_not_lost_and_stops_the_deployment() -> None:
    (found,) = between(lambda: claim("data", pulumi.ResourceOptions(protect=True)), nothing)

    assert found.refused


def test_a_resource_that_the_engine_only_forgets_is_not_lost() -> None:
    keep = pulumi.ResourceOptions(retain_on_delete=True)
    (found,) = between(lambda: claim("data", keep), nothing)

    assert (found.forgotten, found.dangerous) == (True, False)


def test_a_rename_with_an_alias_is_no_deletion() -> None:
    options = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="data")])

    def renamed() -> None:
        inputs = {"metadata": {"name": "data", "namespace": "ns"}, "spec": {}}
        pulumi.CustomResource(CLAIM, "other", inputs, options)

    assert between(claim, renamed) == ()


@pytest.mark.parametrize("alias", [pulumi.Alias(name="old"), None], ids=["aliased", "bare"])
def test_children_follow_a_component_that_has_an_alias(alias: pulumi.Alias | None) -> None:
    def program(name: str, aliases: list[pulumi.Alias | str]) -> None:
        group = Group(name, opts=pulumi.ResourceOptions(aliases=aliases))
        child = pulumi.ResourceOptions(parent=group)
        inputs = {"metadata": {"name": "data", "namespace": "ns"}}
        pulumi.CustomResource(CLAIM, f"{name}-data", inputs, child)
        group.close()

    found = between(lambda: program("old", []), lambda: program("new", [alias] if alias else []))

    assert [(each.action, each.collides) for each in found] == (
        [] if alias else [("delete", True), ("create", True)]
    )


def test_a_template_that_changes_restarts_the_server_and_a_count_does_not() -> None:
    def program(replicas: int, image: str) -> None:
        spec = {"replicas": replicas, "template": {"spec": {"containers": [{"image": image}]}}}
        metadata = {"name": "web", "namespace": "ns"}
        pulumi.CustomResource(
            "kubernetes:apps/v1:Deployment", "web", {"metadata": metadata, "spec": spec}
        )

    scaled = between(lambda: program(1, "a"), lambda: program(2, "a"))
    updated = between(lambda: program(1, "a"), lambda: program(1, "b"))

    assert (restarts(scaled), restarts(updated)) == ((), ("web",))
