"""Kubernetes objects in YAML and JSON files."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from policies.framework.resource import Resource, token_of

SUFFIXES = (".yaml", ".yml", ".json")
DEEPEST = 100
"""Levels of a document; Kubernetes' own objects have about fifteen."""
WIDEST = 10
"""Values for each character of a file. Only aliases, repeated in each other, make more than one."""
# The C parser is ten times as fast; wheels of PyYAML have it, some builds of it do not.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Objects:
    """What was read. ``unreadable`` says why not, by path; ``urn`` of a resource is its file."""

    resources: list[Resource] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)


def read_objects(paths: Iterable[Path]) -> Objects:
    """All objects in files, and in the YAML and JSON files below folders. Raises nothing.

    What comes before a mistake in a file is read, and so are the documents beside a wrong one.
    """
    found = Objects()
    for path in paths:
        for file in _files(path, found):
            try:
                text = file.read_text(encoding="utf-8")
                room = _Room(len(text) * WIDEST)
                for document in _documents(text, file.suffix):
                    _add(_plain(document, room), str(file), found)
            except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
                found.unreadable[str(file)] = _why(error)
    return found


def _files(path: Path, found: Objects) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    below = [each for each in sorted(path.rglob("*")) if each.suffix in SUFFIXES and each.is_file()]
    if not below:
        found.unreadable[str(path)] = f"the folder has no {', '.join(SUFFIXES)} file"
    yield from below


def _documents(text: str, suffix: str) -> Iterator[Any]:
    if suffix == ".json":
        yield json.loads(text)
    else:
        yield from yaml.load_all(text, LOADER)


def _add(document: Any, file: str, found: Objects) -> None:
    """One object; a ``List`` is taken apart where rules are run."""
    if document is None:
        return
    given = document if isinstance(document, dict) else {}
    api_version, kind = given.get("apiVersion"), given.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        found.unreadable[file] = "a document has no apiVersion and kind: it is no Kubernetes object"
        return
    stranger = next(_strangers(given, kind), None)
    if stranger:
        found.unreadable[file] = stranger
    metadata = given.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    found.resources.append(
        Resource(type=token_of(api_version, kind), name=str(name or ""), properties=given, urn=file)
    )


def _strangers(given: dict[str, Any], kind: str) -> Iterator[str]:
    """What no rule will look into: items that do not say what they are. A ``PodList`` says it."""
    items = given.get("items") if kind.endswith("List") else None
    if items is not None and not isinstance(items, list):
        yield f"items of the {kind} is no list"
        return
    for number, item in enumerate(items or ()):
        if not isinstance(item, dict) or (
            kind == "List" and not {"apiVersion", "kind"} <= item.keys()
        ):
            yield f"items[{number}] of the {kind} has no apiVersion and kind"


@dataclass
class _Room:
    """How many values a file may still come to."""

    left: int

    def take(self, depth: int) -> None:
        """One value; ValueError when there are too many, or too deep."""
        self.left -= 1
        if self.left < 0 or depth > DEEPEST:
            raise ValueError("it is nested too deeply, or repeats itself through aliases")


def _plain(value: Any, room: _Room, depth: int = 0) -> Any:
    """What JSON would hold: keys are text, and a date is the text that it was."""
    room.take(depth)
    if isinstance(value, dict):
        return {str(key): _plain(item, room, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, room, depth + 1) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _why(error: Exception) -> str:
    """One line without the file's own text, which may hold a secret."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    mark = getattr(error, "problem_mark", None)
    if isinstance(error, yaml.YAMLError):
        where = f" in line {mark.line + 1}" if mark else ""
        return f"not valid YAML{where}"
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON in line {error.lineno}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error)
