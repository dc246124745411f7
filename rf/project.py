"""The Pulumi project that ``rf`` works on, and the stacks it has files for."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import BadInputError
from .strict_yaml import read_mapping

PROJECT_FILE = "Pulumi.yaml"
# Each of these would change what the program is or reads, and a plan without it would be wrong.
NOT_FOLLOWED = ("main", "stackConfigDir")


@dataclass(frozen=True, kw_only=True)
class Project:
    """``root`` holds Pulumi.yaml, the program and a ``Pulumi.<stack>.yaml`` for each stack."""

    name: str
    root: Path
    config: Mapping[str, Any] = field(default_factory=dict)
    """Config that every stack starts from, by full key."""

    @property
    def stacks(self) -> tuple[str, ...]:
        """Every stack that has a file."""
        files = self.root.glob("Pulumi.*.yaml")
        return in_order(re.sub(r"^Pulumi\.|\.yaml$", "", file.name) for file in files)

    def chosen(self, named: Sequence[str]) -> tuple[str, ...]:
        """The stacks that are ``named``, or all; BadInputError where there is none."""
        found = tuple(named) or self.stacks
        if not found:
            raise BadInputError(f"{self.root} has no stack files (Pulumi.<stack>.yaml)")
        return found


def in_order(stacks: Iterable[str]) -> tuple[str, ...]:
    """By name; production last, where the eye rests."""
    return tuple(sorted(stacks, key=lambda name: (name.startswith("production"), name)))


def find_project(start: Path) -> Project:
    """The project at or above ``start``; BadInputError where there is none that rf can run."""
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return _read(folder)
    raise BadInputError(
        f"no {PROJECT_FILE} in {start} or above it; run rf inside a checkout of the project"
    )


def _read(root: Path) -> Project:
    data = read_mapping(root / PROJECT_FILE)
    name = data.get("name")
    if not isinstance(name, str) or not name:
        raise BadInputError(f"{PROJECT_FILE}: name must be the project's name, as text")
    runtime = data.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language != "python":
        raise BadInputError(
            f"{PROJECT_FILE}: runtime is {language!r}; rf runs python programs only"
        )
    for key in NOT_FOLLOWED:
        if key in data:
            raise BadInputError(f"{PROJECT_FILE}: rf does not follow the key {key!r}; remove it")
    if not (root / "__main__.py").is_file():
        raise BadInputError(
            f"{PROJECT_FILE} is in a folder without __main__.py, the program to run"
        )
    return Project(name=name, root=root, config=_config(data.get("config")))


def _config(section: Any) -> dict[str, Any]:
    """The section ``config`` of Pulumi.yaml: ``namespace:key: {value: …}``."""
    found = {}
    for key, item in (section or {}).items():
        if ":" not in key or not isinstance(item, dict) or list(item) != ["value"]:
            raise BadInputError(
                f"{PROJECT_FILE}: config.{key}: rf follows only NAMESPACE:KEY: value: …"
            )
        found[key] = item["value"]
    return found
