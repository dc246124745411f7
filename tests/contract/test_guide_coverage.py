"""Every row of ``docs/guide-coverage.yaml`` stands for something that is there."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rf.cli import run
from rf.coverage import DATA, PAGE, Row, read, rendered
from rf.plan.model import Plan, Resource
from rf.schema import stack_schema
from settings import KEY
from tests.conftest import PROJECT, STACKS
from tests.contract import node_ids

ROWS = read(Path(DATA))
Plans = dict[str, Plan]


@cache
def schema() -> dict[str, Any]:
    return stack_schema()


def is_setting(path: str) -> bool:
    """Whether the JSON Schema knows ``path`` below ``researchflow-ai:platform``; 0 is any item."""
    nodes = [config_keys()[f"{PROJECT}:{KEY}"]]
    for part in path.split("."):
        nodes = [
            node["items"] if part.isdigit() else node["properties"][part]
            for node in choices(nodes)
            if (part.isdigit() and "items" in node) or part in node.get("properties", {})
        ]
    return bool(nodes)


def choices(nodes: list[Any]) -> list[Any]:
    """The nodes with references followed, and each of their alternatives by itself."""
    found = []
    for node in nodes:
        known = schema()["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
        others = known.get("anyOf", known.get("oneOf", []))
        found += choices(others) if others else [known]
    return found


def config_keys() -> dict[str, Any]:
    found: dict[str, Any] = schema()["properties"]["config"]["properties"]
    return found


def has_output(plan: Plan, path: str) -> bool:
    value: Any = plan.outputs
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def titles(plan: Plan) -> set[str]:
    return {f"{resource.kind} {resource.name}" for resource in plan.resources}


def problems(row: Row, plans: Plans) -> list[str]:
    """What ``row`` claims without it being so."""
    found = []
    if row.status != "here" and not row.note:
        found.append(f"status is {row.status}, and there is no note")
    if row.status == "here" and not row.test:
        found.append("status is here, and there is no test")
    if row.setting and not is_setting(row.setting):
        found.append(f"no setting {row.setting}")
    if row.secret and f"{PROJECT}:{row.secret}" not in config_keys():
        found.append(f"no secret {row.secret}")
    if row.output:
        found += [
            f"no output {row.output} in {stack}"
            for stack, plan in plans.items()
            if stack in STACKS and not has_output(plan, row.output)
        ]
    for stack, title in row.resource.items():
        if stack not in plans or title not in titles(plans[stack]):
            found.append(f"no {title} in {stack}")
    reason = node_ids.problem(row.test) if row.test else None
    return [*found, reason] if reason else found


def row(**fields: Any) -> Row:
    """A row that is in order but for ``fields``."""
    plain = {"section": "Overview", "item": "Redis", "status": "changed", "note": "As it is."}
    return Row(**{**plain, **fields})


@pytest.mark.parametrize("each", ROWS, ids=lambda each: f"{each.section}-{each.item}")
def test_a_row_names_only_what_is_there(each: Row, plans: Plans) -> None:
    assert problems(each, plans) == []


def test_no_row_is_there_twice() -> None:
    named = [(each.section, each.item) for each in ROWS]

    assert len(named) == len(set(named))


def test_the_committed_page_is_current() -> None:
    assert Path(PAGE).read_text(encoding="utf-8") == rendered(ROWS), "run python -m rf.coverage"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"note": None}, "status is changed, and there is no note"),
        ({"status": "later", "note": ""}, "status is later, and there is no note"),
        ({"status": "here"}, "status is here, and there is no test"),
        ({"setting": "services.redis.size"}, "no setting services.redis.size"),
        ({"setting": "services.redis.memory.max"}, "no setting services.redis.memory.max"),
        ({"secret": "redis"}, "no secret redis"),
        ({"output": "endpoints.redis"}, "no output endpoints.redis in local"),
        ({"resource": {"local": "Deployment redis"}}, "no Deployment redis in local"),
        ({"resource": {"test": "Container redis"}}, "no Container redis in test"),
        ({"test": "tests/unit/test_no.py::test_it"}, "tests/unit/test_no.py does not exist"),
    ],
)
def test_a_row_that_names_something_else_is_found(
    fields: dict[str, Any], problem: str, plans: Plans
) -> None:
    assert problem in problems(row(**fields), plans)


@pytest.mark.parametrize(
    "path",
    ["services.ollama.models.0.size", "gpu", "gpu.vram", "target.exposure", "clients.0.name"],
)
def test_a_setting_is_found_wherever_the_schema_has_it(path: str) -> None:
    assert is_setting(path)


def words(pattern: str) -> list[str]:
    return [found for each in ROWS for found in re.findall(pattern, each.note or "")]


@pytest.mark.parametrize("command", sorted(set(words(r"`rf ([^`]*)`"))))
def test_a_command_that_a_note_names_is_one(command: str) -> None:
    assert run([*command.split(), "--help"]) == 0


@pytest.mark.parametrize("target", sorted(set(words(r"`make ([a-z-]+)"))))
def test_a_target_that_a_note_names_is_in_the_makefile(target: str) -> None:
    assert re.search(rf"^{target}:", Path("Makefile").read_text(), re.MULTILINE)


def test_a_container_or_deployment_that_a_note_names_is_in_the_plan(plans: Plans) -> None:
    def names(stack: str, kind: str) -> set[object]:
        return {name_of(each) for each in plans[stack].resources if each.kind == kind}

    containers = set(words(r"docker (?:exec|restart|logs) ([a-z-]+)[ `]"))
    deployments = set(words(r"deployment/([a-z-]+)[ `]"))

    assert containers
    assert deployments
    assert containers <= names("local", "Container")
    assert deployments <= names("staging", "Deployment")


def name_of(resource: Resource) -> object:
    """What Docker or the cluster calls it."""
    metadata = resource.inputs.get("metadata")
    return metadata["name"] if isinstance(metadata, dict) else resource.inputs.get("name")
