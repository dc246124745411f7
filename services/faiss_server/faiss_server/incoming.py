"""A snapshot from outside whose files are here: is it good, and then the newest of ours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import manifest as manifests
from .built import Built, Origin
from .errors import Invalid
from .roles import next_epoch
from .snapshot_files import BadSnapshotError, verify
from .snapshots import INCOMPLETE

if TYPE_CHECKING:
    from pathlib import Path

    from .manifest import Manifest
    from .roles import Epochs
    from .snapshots import Snapshots

STAGING = f"{INCOMPLETE}restore"
"""Where the files are gathered, in the directory of snapshots."""


def require_good(root: Path, manifest: Manifest) -> None:
    """Read every byte in ``root``; raises Invalid where it is not what ``manifest`` says."""
    try:
        verify(root, manifest)
        for entry in manifest.indexes:
            if entry.build:
                path = root / "indexes" / entry.name / "built.faiss"
                Built.load(path, Origin(build=entry.build, factory=entry.factory))
    except (BadSnapshotError, RuntimeError) as error:
        raise Invalid(f"the snapshot is not what its manifest says: {error}") from error


def placed(
    snapshots: Snapshots, manifest: Manifest, root: Path, position: int, epochs: Epochs
) -> Manifest:
    """Make ``manifest`` with its files in ``root`` the newest version; on disk when this returns.

    ``position`` and ``epochs`` are those under which this server goes on.
    """
    number = snapshots.next_number()
    found = replace(
        manifest,
        number=number,
        version=manifests.version_name(number, position),
        position=position,
        epochs=epochs,
    )
    root.replace(snapshots.directory / f"{INCOMPLETE}{found.version}")
    snapshots.finish(found)
    return found


def placed_alone(snapshots: Snapshots, manifest: Manifest, root: Path) -> Manifest:
    """The same where nothing else is served: this server goes on from the snapshot itself."""
    position = manifest.position + 1
    epochs = (*manifest.epochs, (next_epoch(manifest.epochs), position))
    return placed(snapshots, manifest, root, position, epochs)
