"""The tree that a person reads."""

import io
from pathlib import Path

import pulumi
import pytest
from rich.console import Console

from rf.plan import tree
from rf.plan.manifests import Written
from rf.plan.model import Plan
from rf.plan.record import Config, record
from tests.plan_projects import Group, config_map


def platform() -> None:
    """Two services below a platform, and a loose object beside it."""
    pulumi.Config().require_secret("password")
    pulumi.ProviderResource("kubernetes", "cluster", {})
    outer = Group("platform")
    for name in ("redis", "ollama"):
        below = pulumi.ResourceOptions(
            parent=Group(name, opts=pulumi.ResourceOptions(parent=outer))
        )
        for number in range(3):
            config_map(f"{name}-{number}", {}, below)
        pulumi.CustomResource("kubernetes:core/v1:Service", name, {}, below)
    pulumi.warn("small cluster")


@pytest.fixture(scope="module")
def plan() -> Plan:
    config = Config(secrets_unset=["demo:password"])
    return record(platform, project="demo", stack="dev", config=config)


def drawn(plan: Plan, *, verbose: bool = False, width: int = 100, manifests: bool = False) -> str:
    where = Written(folder=Path("out/dev"), files=8) if manifests else None
    screen = io.StringIO()
    Console(file=screen, width=width).print(
        tree.render(plan, manifests=where, verbose=verbose, width=width)
    )
    return screen.getvalue()


def test_by_default_a_service_is_one_line_with_its_children_counted(plan: Plan) -> None:
    lines = drawn(plan).splitlines()

    assert lines[:5] == [
        "dev  demo, 12 resources",
        "├── Provider",
        "└── Group platform",
        "    ├── Group redis   3 ConfigMap, Service",
        "    └── Group ollama  3 ConfigMap, Service",
    ]
    assert not [line for line in lines if line != line.rstrip()]


def test_verbose_gives_every_resource_a_line(plan: Plan) -> None:
    text = drawn(plan, verbose=True)

    assert [text.count(f" {resource.name}\n") for resource in plan.resources].count(0) == 0
    assert "│   ├── ConfigMap redis-0\n" in text


def test_counts_are_by_type_and_components_are_one_number(plan: Plan) -> None:
    counts = drawn(plan).split("\n\n")[1]

    assert counts.split() == ["6", "ConfigMap", "2", "Service", "1", "Provider", "3", "components"]


def test_secrets_to_be_set_warnings_and_manifests_are_told(plan: Plan) -> None:
    text = drawn(plan, manifests=True)

    assert "Secrets to be set: password\n" in text
    assert "Warning: small cluster\n" in text
    assert "Manifests: out/dev (8 files)\n" in text


def test_a_narrow_screen_never_parts_a_count_from_its_kind(plan: Plan) -> None:
    lines = drawn(plan, width=44).splitlines()

    assert max(map(len, lines)) <= 44
    assert not [line for line in lines if line.endswith(" 3")]


def test_two_kinds_of_the_same_name_are_told_apart_by_their_types() -> None:
    def program() -> None:
        pulumi.CustomResource("kubernetes:core/v1:Secret", "a", {})
        pulumi.CustomResource("aws:secretsmanager/secret:Secret", "b", {})

    text = drawn(record(program, project="demo", stack="dev"))

    assert "1 kubernetes:core/v1:Secret" in text
    assert "1 aws:secretsmanager/secret:Secret" in text


def test_a_stack_without_resources_is_still_a_stack() -> None:
    text = drawn(record(lambda: None, project="demo", stack="dev"))

    assert text.startswith("dev  demo, 0 resources\n")
    assert "Secrets to be set: none\n" in text
