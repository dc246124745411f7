"""What a snapshot says of itself: files, checksums, and its place in the log. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1
NAME = "manifest.json"
PATH = re.compile(r"indexes/[A-Za-z0-9][A-Za-z0-9_.-]{0,63}/[a-z0-9]+\.[a-z0-9]+")


class BadManifestError(ValueError):
    """A manifest that cannot be believed; says why."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of the snapshot; ``path`` is relative to its directory."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An index in a snapshot. ``rows`` counts dead ones too, ``vectors`` does not.

    ``factory`` and ``build`` name the built index, over the first ``built_rows`` rows; they are
    empty where all rows are searched exactly. ``built_from`` is how many vectors it was sized for.
    """

    name: str
    dimension: int
    metric: str
    index_type: str
    rows: int
    vectors: int
    factory: str = ""
    build: str = ""
    built_rows: int = 0
    built_from: int = 0


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A snapshot. ``created`` is for people (UTC, ISO 8601): nothing is decided by it.

    ``number`` orders the snapshots of one server; ``position`` is the last record of the log that
    is in it, and ``epochs`` are (epoch, first record) pairs, oldest first.
    """

    version: str
    number: int
    created: str
    position: int
    epochs: tuple[tuple[int, int], ...]
    server_version: str
    faiss_version: str
    indexes: tuple[Entry, ...]
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def vectors(self) -> dict[str, int]:
        """Living vectors by index."""
        return {entry.name: entry.vectors for entry in self.indexes}

    def tree(self) -> dict[str, Any]:
        """The manifest as JSON has it, with its own checksum."""
        body = {"format": FORMAT, **asdict(self)}
        return {**body, "checksum": _checksum(body)}

    def encode(self) -> bytes:
        """The content of the manifest file."""
        return json.dumps(self.tree(), indent=1).encode() + b"\n"


def version_name(number: int, position: int) -> str:
    """The name of a snapshot's directory: rising with ``number``, whatever clocks do."""
    return f"{number:08d}-{position:020d}"


def decode(data: bytes) -> Manifest:
    """The manifest in ``data``; raises BadManifestError."""
    try:
        tree = json.loads(data)
        checksum = tree.pop("checksum")
        if tree["format"] != FORMAT:
            raise BadManifestError(f"its format is {tree['format']}, and {FORMAT} is known")  # noqa: TRY301
        tree.pop("format")
        manifest = Manifest(
            **{
                **tree,
                "epochs": tuple((int(epoch), int(first)) for epoch, first in tree["epochs"]),
                "indexes": tuple(Entry(**entry) for entry in tree["indexes"]),
                "files": tuple(File(**file) for file in tree["files"]),
            }
        )
        good = _checksum({"format": FORMAT, **asdict(manifest)}) == checksum
    except BadManifestError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadManifestError(f"it is not a manifest: {type(error).__name__}") from error
    if not good:
        raise BadManifestError("its own checksum is wrong")
    _require_paths(manifest)
    return manifest


def paths_of(entry: Entry) -> tuple[str, ...]:
    """The files that an index has in a snapshot."""
    names = ("rows.f32", "ids.i64", "alive.u8", *(("built.faiss",) if entry.build else ()))
    return tuple(f"indexes/{entry.name}/{name}" for name in names)


def worse_than(live: dict[str, int], position: int, other: Manifest) -> list[str]:
    """Why ``other`` would be a loss to a server with ``live`` vectors at ``position``.

    Empty when it is none. Counts and positions decide, never times: clocks step.
    """
    reasons = [
        f"{name} has {count} vectors here and {other.vectors.get(name, 0)} in the snapshot"
        for name, count in sorted(live.items())
        if count > other.vectors.get(name, 0)
    ]
    if position > other.position and any(live.values()):
        reasons.append(
            f"the log here is at record {position}, the snapshot at {other.position}: "
            "what was acknowledged since would be lost"
        )
    return reasons


def _require_paths(manifest: Manifest) -> None:
    wanted = {path for entry in manifest.indexes for path in paths_of(entry)}
    listed = [file.path for file in manifest.files]
    if sorted(listed) != sorted(wanted) or not all(PATH.fullmatch(path) for path in listed):
        raise BadManifestError("its files are not those of its indexes")


def _checksum(body: dict[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
