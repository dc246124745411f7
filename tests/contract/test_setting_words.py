"""No person is shown a regular expression: what a pattern refuses is told in words."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from components.findings import findings
from components.matching import Matching
from components.types import IMAGE_PATTERN, ImageReference
from infrastructure import Infrastructure
from settings import Settings
from tests.unit.settings_trees import LOCAL, complaint

TREES = tuple(TypeAdapter(tree) for tree in (Settings, Infrastructure))


def nodes(schema: Any) -> Iterator[Any]:
    """Everything in a schema, of whatever kind it is."""
    yield schema
    if isinstance(schema, dict):
        yield from (node for value in schema.values() for node in nodes(value))
    elif isinstance(schema, list | tuple):
        yield from (node for value in schema for node in nodes(value))


def patterns(schema: Any) -> set[str]:
    """The patterns of values and of keys in a JSON Schema."""
    sections = [node for node in nodes(schema) if isinstance(node, dict)]
    values = {node["pattern"] for node in sections if isinstance(node.get("pattern"), str)}
    return values.union(*(node.get("patternProperties", ()) for node in sections))


MATCHED: dict[str, Matching] = {
    check.pattern: check
    for tree in TREES
    for node in nodes(tree.core_schema)
    if isinstance(check := getattr(node, "__self__", None), Matching)
}


def refusal(kind: Any, value: str) -> str:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    return "\n".join(findings(refused.value, "key", "schema", TREES[0]))


def test_every_pattern_of_a_setting_comes_with_words() -> None:
    known = set().union(*(patterns(tree.json_schema()) for tree in TREES))

    assert len(known) > 30
    assert known == MATCHED.keys() | {IMAGE_PATTERN}


@pytest.mark.parametrize("pattern", sorted(MATCHED), ids=lambda it: MATCHED[it].example)
def test_what_a_pattern_refuses_is_told_in_words_with_an_example_that_is_good(pattern: str) -> None:
    check = MATCHED[pattern]
    kind = Annotated[str, check]

    for wrong in ("", " ", f"{check.example}\n", "{}"):
        said = refusal(kind, wrong)

        assert said.startswith(f"key: must be {check.allowed}, such as {check.example}")
        assert pattern not in said
        assert "pattern" not in said
    assert TypeAdapter(kind).validate_python(check.example) == check.example


@pytest.mark.parametrize("wrong", ["redis", "Redis:8", "redis:8\n"])
def test_an_image_is_refused_in_words(wrong: str) -> None:
    said = refusal(ImageReference, wrong)

    assert "such as redis:8.2.2" in said or "write it as redis:8.2.2" in said
    assert IMAGE_PATTERN not in said


def test_a_password_in_an_address_is_not_shown() -> None:
    said = complaint(LOCAL | {"logs": {"url": "https://me:hunter2@logs.example.com"}})

    assert "logs.url: must be an address with https://" in said
    assert "hunter2" not in said
