"""Changes settings in the text of a stack file, and leaves everything else as it is."""

from __future__ import annotations

import io
import json
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML

from .errors import BadInputError
from .replace_file import replace_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class _Removed(Enum):
    REMOVED = "removed"


REMOVED: Final = _Removed.REMOVED
"""The value of a setting that goes away, with every section that it leaves empty."""


def with_settings(text: str, key: str, values: Mapping[tuple[str, ...], Any], file: str) -> str:
    """``text`` with each of ``values`` at its path below the config ``key``.

    Comments, order and quotes stay. A setting that is not there yet goes first in its section, as
    a comment after the last one belongs to what follows; a missing section goes last.
    BadInputError where the file shares sections by anchors, so that one change would make two.
    """
    yaml = _round_trip()
    document = yaml.load(text)
    for path, value in values.items():
        if value is REMOVED:
            _remove(document["config"][key], path)
            continue
        section = _section(document["config"][key], path[:-1])
        if path[-1] in section:
            section[path[-1]] = value
        else:
            section.insert(0, path[-1], value)
    buffer = io.StringIO()
    yaml.dump(document, buffer)
    result = buffer.getvalue()
    wanted = _plain(text)
    wanted["config"][key] = edited(wanted["config"][key], values)
    if _plain(result) != wanted:
        message = f"{file} shares sections by YAML anchors; write each section out, then repeat"
        raise BadInputError(message)
    return result


def rewrite(path: Path, key: str, values: Mapping[tuple[str, ...], Any]) -> None:
    """Change the stack file ``path`` so, in one step; it keeps its permissions."""
    text = with_settings(path.read_text(encoding="utf-8"), key, values, path.name)
    replace_file(path, text, mode=path.stat().st_mode & 0o777)


def _round_trip() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10**9
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _section(node: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if part not in node:
            node[part] = type(node)()
        node = node[part]
    return node


def _remove(node: Any, path: tuple[str, ...]) -> None:
    """Take out what is at ``path``, if anything is, and what is empty without it."""
    first, *rest = path
    if first not in node:
        return
    if rest:
        _remove(node[first], tuple(rest))
    if not rest or node[first] == {}:
        del node[first]


def _plain(text: str) -> Any:
    """The content of ``text`` with nothing shared: JSON writes an alias out in full."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))


def edited(platform: Any, values: Mapping[tuple[str, ...], Any]) -> Any:
    """A copy of plain settings with ``values``, as ``with_settings`` gives them to a file."""
    tree = json.loads(json.dumps(platform))
    for path, value in values.items():
        if value is REMOVED:
            _remove(tree, path)
            continue
        node = tree
        for part in path[:-1]:
            node = node.setdefault(part, {})
        node[path[-1]] = value
    return tree
