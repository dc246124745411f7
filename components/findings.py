"""What pydantic finds wrong in a stack file, as lines for people."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from .known_keys import nearest

NAME = "[key]"
"""How pydantic ends the path to a key of a mapping, as opposed to the key's value."""
UNSHOWN = ("dataclass_type", "model_type", "dict_type", "hidden_value")
"""Findings about a value that is a whole section, or that may be a misplaced secret."""


def findings(
    error: ValidationError, root: str, schema: str, settings: TypeAdapter[Any]
) -> list[str]:
    """A line for each finding below the key ``root`` of ``settings``.

    ``schema`` is the file that has the known keys.
    """
    found = without_values_of_bad_names(error.errors())
    tree = settings.json_schema()
    return [describe(detail, root, schema, tree) for detail in found]


def without_values_of_bad_names(found: list[ErrorDetails]) -> list[ErrorDetails]:
    """``found`` without what is said of values whose name is wrong already."""
    bad = {detail["loc"][:-1] for detail in found if detail["loc"][-1:] == (NAME,)}
    return [detail for detail in found if detail["loc"] not in bad]


def describe(detail: ErrorDetails, root: str, schema: str, tree: Mapping[str, Any]) -> str:
    """One line for one finding. A value is shown only where it cannot be a misplaced secret."""
    path = detail["loc"]
    if path[:1] == ("target",):
        # After it comes the kind, as if that were a key; in the file it is the value of one.
        path = (*path[:1], *path[2:])
    if path[-1:] == (NAME,):
        path = path[:-1]
    key = root + "".join(f".{shown_key(part)}" for part in path)
    value = detail["input"]
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        meant = nearest(tree, detail["loc"])
        hint = f" (did you mean {meant}?)" if meant else ""
        return f"{key}: unknown key{hint}; see {schema} for the known ones"
    if detail["type"] in ("missing", "missing_argument"):
        return f"{key}: is missing"
    shown = f" (it is {value!r})" if isinstance(value, str | int | float) else ""
    if detail["type"] in UNSHOWN:
        shown = ""
    return f"{key}: {message}{shown}"


def shown_key(part: str | int) -> str:
    """A key as it stands in the file; quoted where it holds what would break the line."""
    text = str(part)
    return text if text.isprintable() else repr(text)
