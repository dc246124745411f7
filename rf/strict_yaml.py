"""YAML as the Pulumi CLI reads it: version 1.2 scalars, and a key twice is an error.

PyYAML's own loader follows version 1.1, where ``22:00`` is the number 1320, ``on`` is a truth
value and a date is a date.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from .errors import BadInputError

_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
_FLOAT = re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")
_CORE = (
    ("bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"),
    ("int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), "-+0123456789"),
    ("float", _FLOAT, "-+.0123456789"),
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("merge", re.compile(r"^<<$"), "<"),
)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _problem(key, "a key must be plain text")
            if key.tag == _MERGE:
                continue
            if key.value in lines:
                raise _problem(key, f"the key {key.value!r} is already on line {lines[key.value]}")
            lines[key.value] = key.start_mark.line + 1
            key.tag = _TEXT
        return node


for _tag, _pattern, _first in _CORE:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, _first)


def _problem(node: yaml.Node, text: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=text, problem_mark=node.start_mark)


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in ``path``; BadInputError names the file, the line and what is wrong.

    The offending text is not quoted: it may be a secret in the wrong place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadInputError(f"{path.name} cannot be read: {reason}") from None
    try:
        value = yaml.load(text, _Loader)  # noqa: S506 a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise BadInputError(f"{path.name}{where}: not valid YAML: {problem}") from None
    if value is None:
        raise BadInputError(f"{path.name} is empty")
    if not isinstance(value, dict):
        raise BadInputError(
            f"{path.name}: expected a mapping (key: value), found a {type(value).__name__}"
        )
    return value
