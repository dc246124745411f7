"""How a spec's files are grouped: a platform mounts directories, not single files."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath
from typing import Literal

from .spec.mounts import File, SecretFile

Kind = Literal["config", "live", "secret"]

_REFERENCE = re.compile(r"\$\{(\w+)(?:\|(\w+))?\}")
_FILTERS: dict[str | None, Callable[[str], str]] = {
    None: lambda value: value,
    "sha256": lambda value: hashlib.sha256(value.encode()).hexdigest(),
    "json": json.dumps,
}


@dataclass(frozen=True, kw_only=True)
class Directory:
    """One directory to mount read-only: file names and their contents (or templates)."""

    path: str
    kind: Kind
    files: Mapping[str, str]

    @property
    def slug(self) -> str:
        """The path as a DNS label: ``/etc/redis`` is ``etc-redis``."""
        return re.sub(r"[^a-z0-9]+", "-", self.path.lower()).strip("-")

    @property
    def digest(self) -> str:
        """Twelve hex digits that change with any name or content."""
        text = json.dumps(dict(sorted(self.files.items())))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def directories(
    files: tuple[File, ...], secret_files: tuple[SecretFile, ...] = ()
) -> tuple[Directory, ...]:
    """The directories that hold ``files``; ValueError when one would mix two kinds.

    A secret beside a plain file, or a live file beside one whose change must restart the server,
    cannot be mounted from one source.
    """
    entries: list[tuple[str, Kind, str, str]] = []
    for file in files:
        path = PurePosixPath(file.path)
        entries.append(
            (str(path.parent), "live" if file.live else "config", path.name, file.content)
        )
    for secret in secret_files:
        path = PurePosixPath(secret.path)
        entries.append((str(path.parent), "secret", path.name, secret.template))
    found = []
    for parent, group in groupby(sorted(entries), key=lambda entry: entry[0]):
        members = list(group)
        kinds = {kind for _, kind, _, _ in members}
        if len(kinds) > 1:
            raise ValueError(
                f"{parent} mixes {' and '.join(sorted(kinds))} files; give each its own"
            )
        found.append(
            Directory(
                path=parent,
                kind=members[0][1],
                files={name: content for _, _, name, content in members},
            )
        )
    return tuple(found)


def secret_names(template: str) -> tuple[str, ...]:
    """The secrets a template needs, each once, in order."""
    return tuple(dict.fromkeys(name for name, _ in _REFERENCE.findall(template)))


def fill(template: str, secrets: Mapping[str, str]) -> str:
    """``template`` with its secrets in place; KeyError on an unknown name or filter."""
    return _REFERENCE.sub(lambda match: _FILTERS[match[2]](secrets[match[1]]), template)
