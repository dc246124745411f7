"""Policy documents of AWS: JSON text in a property, or an unknown one."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.framework.together import holds_hidden
from policies.framework.values import Finding, Node

NOBODY_IN_PARTICULAR = "*"


@dataclass(frozen=True)
class Statement:
    """One statement of a document that allows something, its lists made lists."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    conditions: Mapping[str, Any]
    everything_but: bool
    """Whether it says what it does not allow (``NotAction``), and so allows all the rest."""

    @property
    def open_to_all(self) -> bool:
        """Whether anybody in any account is meant."""
        return NOBODY_IN_PARTICULAR in self.principals


def refuse_statement(
    document: Node, is_bad: Callable[[Statement], bool], message: str
) -> Iterator[Finding]:
    """A violation where one statement ``is_bad``; undecided where not all can be seen."""
    if holds_hidden(document.value):
        yield document.undecided(message)
    elif any(map(is_bad, statements(document))):
        yield document.violation(message)


def allows_everybody(statement: Statement) -> bool:
    """Whether everybody is allowed something, without any condition."""
    return statement.open_to_all and not statement.conditions


def statements(document: Node) -> Iterator[Statement]:
    """What the document allows; nothing where it is none."""
    found = document.value
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return
    listed = found.get("Statement") if isinstance(found, dict) else None
    for each in listed if isinstance(listed, list) else [listed]:
        if isinstance(each, dict) and each.get("Effect") == "Allow":
            yield _statement(each)


def _statement(raw: Mapping[str, Any]) -> Statement:
    conditions = raw.get("Condition")
    return Statement(
        actions=tuple(_texts(raw.get("Action"))),
        resources=tuple(_texts(raw.get("Resource"))),
        principals=tuple(_principals(raw.get("Principal"))),
        conditions=conditions if isinstance(conditions, dict) else {},
        everything_but="NotAction" in raw,
    )


def _texts(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item


def _principals(value: Any) -> Iterator[str]:
    """``"*"`` and ``{"AWS": "*"}`` are the same."""
    for each in value.values() if isinstance(value, dict) else [value]:
        yield from _texts(each)
