"""Writes the manifests of a plan, one file an object, for people, diffs and schema checks.

Kubernetes objects are written as they would be sent; Docker's resources as their inputs, below
``docker/``. A secret appears as ``[secret]``, a value that only a provider knows as ``[unknown]``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from ..errors import BadInputError
from .model import Opaque, Plan, Resource, Value

MARK = "# Written by rf plan. Do not edit: the next run replaces this file.\n"
FIRST = ("apiVersion", "kind", "metadata")


@dataclass(frozen=True, kw_only=True)
class Written:
    """Where the manifests of a stack lie, and how many there are."""

    folder: Path
    files: int


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Text of several lines as a block; no anchors, which only confuse a reader."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: Any, data: str) -> Any:
    style = "|" if "\n" in data else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_multi_representer(Opaque, lambda dumper, data: _text(dumper, str(data)))


def render(plan: Plan) -> dict[str, str]:
    """File contents by relative path, ``<namespace>/<kind>-<name>.yaml``, lower case."""
    found: dict[str, str] = {}
    for resource in plan.resources:
        path = _path(resource)
        if path is None:
            continue
        unique, number = path, 2
        while unique in found:
            unique, number = path.replace(".yaml", f"-{number}.yaml"), number + 1
        found[unique] = MARK + _dump(resource.inputs)
    return found


def write(folders: Mapping[Path, Mapping[str, str]]) -> None:
    """Make each folder hold exactly its files, touching only what an earlier run wrote.

    BadInputError, and nothing changed, when a file that somebody else wrote stands in the way.
    """
    for folder, files in folders.items():
        for name in files:
            target = folder / name
            if (target.exists() or target.is_symlink()) and not _ours(target):
                raise BadInputError(
                    f"{target} is in the way: rf plan did not write it; move it away"
                )
    try:
        for folder, files in folders.items():
            _write_folder(folder, files)
    except OSError as error:
        raise BadInputError(f"{error.filename} cannot be written: {error.strerror}") from None


def _write_folder(folder: Path, files: Mapping[str, str]) -> None:
    stale = {path for path in folder.rglob("*.yaml") if _ours(path)}
    for name, text in files.items():
        target = folder / name
        stale.discard(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for path in stale:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


def _ours(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK.encode()


def _path(resource: Resource) -> str | None:
    package = resource.type.partition(":")[0]
    if not resource.custom or resource.read or package not in ("kubernetes", "docker"):
        return None
    if package == "docker":
        folder, name = "docker", resource.inputs.get("name")
    else:
        metadata = resource.inputs.get("metadata")
        known = metadata if isinstance(metadata, dict) else {}
        if "apiVersion" not in resource.inputs:
            return None
        folder, name = _part(known.get("namespace"), "_cluster"), known.get("name")
    return str(PurePosixPath(folder, f"{resource.kind.lower()}-{_part(name, resource.name)}.yaml"))


def _part(value: Value, otherwise: str) -> str:
    """A path component; anything that could leave the folder is replaced."""
    text = value if isinstance(value, str) and value else otherwise
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).lstrip(".") or "-"


def _dump(inputs: Mapping[str, Value]) -> str:
    first = {key: inputs[key] for key in FIRST if key in inputs}
    ordered = first | {key: value for key, value in inputs.items() if key not in first}
    text: str = yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
    return text
