"""Puts a snapshot into a data directory that is empty, while no server runs."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from . import manifest as manifests
from .errors import Conflict, Invalid
from .files import alone
from .incoming import STAGING, placed_alone, require_good
from .manifest import BadManifestError, Manifest
from .snapshot_files import CHUNK, write_file
from .snapshots import INCOMPLETE, Snapshots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from .manifest import File


def install(manifest: Manifest, content: Callable[[File], Iterable[bytes]], data: Path) -> Manifest:
    """Make ``manifest`` the snapshot of a data directory that holds nothing, while no server runs.

    A crash before the end leaves nothing that counts. Raises Conflict for a directory in use, and
    Invalid for a snapshot that is not whole.
    """
    with ExitStack() as held:
        try:
            held.enter_context(alone(data / "LOCK"))
        except BlockingIOError:
            raise Conflict(f"{data} is in use by another process: nothing was changed") from None
        require_empty(data)
        snapshots = Snapshots(data / "snapshots", data / "aside")
        snapshots.remove_incomplete()
        root = snapshots.directory / STAGING
        for file in manifest.files:
            (root / file.path).parent.mkdir(parents=True, exist_ok=True)
            write_file(root / file.path, content(file))
        require_good(root, manifest)
        return placed_alone(snapshots, manifest, root)


def require_empty(data: Path) -> None:
    """Raise Conflict where there is a snapshot, good or bad, or a log."""
    for name in ("snapshots", "aside", "log"):
        if any(not path.name.startswith(INCOMPLETE) for path in (data / name).glob("*")):
            raise Conflict(f"{data} holds indexes already: nothing was changed")


def install_directory(source: Path, data: Path) -> Manifest:
    """The same with the files below ``source``."""
    try:
        manifest = manifests.decode((source / manifests.NAME).read_bytes())
    except (OSError, BadManifestError) as error:
        raise Invalid(f"{source / manifests.NAME}: {error}") from error
    return install(manifest, lambda file: _chunks(source / file.path), data)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
