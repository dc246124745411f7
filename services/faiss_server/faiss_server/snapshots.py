"""The versions of the snapshot on disk: beginning, finishing, keeping, and putting bad ones aside.

A snapshot is a directory that appears complete by one rename, and never changes. Each has copies of
its own: two that shared a file would be damaged together.
"""

from __future__ import annotations

import os
import shutil
import time
from threading import Lock
from typing import TYPE_CHECKING

from . import manifest as manifests
from .files import sync_directory, write_durably
from .manifest import BadManifestError
from .snapshot_files import BadSnapshotError

if TYPE_CHECKING:
    from pathlib import Path

    from .manifest import Manifest

KEPT = 2
"""The newest, and one to fall back to."""
LEASE_SECONDS = 900.0
"""A snapshot that somebody read from is kept this long: a backup takes its files one by one."""
INCOMPLETE = ".incomplete-"


class Snapshots:
    """The snapshots below ``directory``; bad ones go to ``aside``."""

    def __init__(self, directory: Path, aside: Path) -> None:
        """Make the directories where they are missing."""
        self.directory, self.aside = directory, aside
        self._leases: dict[str, float] = {}
        self._numbering = Lock()
        self._last_number = 0
        for needed in (directory, aside):
            needed.mkdir(exist_ok=True)

    def versions(self) -> list[str]:
        """Complete versions, newest first; not yet checked."""
        found = [path.name for path in self.directory.iterdir() if not path.name.startswith(".")]
        return sorted(found, reverse=True)

    def next_number(self) -> int:
        """A number higher than that of any version here, or aside; nobody gets it twice."""
        taken = [*self.directory.iterdir(), *self.aside.iterdir()]
        numbers = [path.name.removeprefix(INCOMPLETE).partition("-")[0] for path in taken]
        highest = max((int(number) for number in numbers if number.isdigit()), default=0)
        with self._numbering:
            self._last_number = max(self._last_number, highest) + 1
            return self._last_number

    def manifest(self, version: str) -> Manifest:
        """The manifest of a version; raises BadSnapshotError."""
        path = self.directory / version / manifests.NAME
        try:
            return manifests.decode(path.read_bytes())
        except OSError as error:
            raise BadSnapshotError(f"{path} cannot be read: {error.strerror}") from error
        except BadManifestError as error:
            raise BadSnapshotError(f"{path} is bad: {error}") from error

    def lease(self, version: str) -> None:
        """Keep a version for a while, because somebody reads it."""
        self._leases[version] = time.monotonic()

    def put_aside(self, version: str) -> None:
        """Move a bad version where nobody serves it and a person can look at it."""
        (self.directory / version).replace(self.aside / f"{version}-{os.urandom(4).hex()}")
        sync_directory(self.directory)

    def prune(self, keep: int = KEPT) -> int:
        """Remove all but the newest; answers the position that the log must still reach."""
        for place, version in enumerate(self.versions()):
            leased = self._leases.get(version)
            unread = leased is None or time.monotonic() - leased > LEASE_SECONDS
            if place >= keep and unread:
                shutil.rmtree(self.directory / version)
                self._leases.pop(version, None)
        kept = self.versions()[:KEPT]
        # One snapshot alone may turn out bad: until there are two, the whole log is kept.
        try:
            return self.manifest(kept[-1]).position if len(kept) == KEPT else 0
        except BadSnapshotError:
            return 0

    def remove_incomplete(self) -> None:
        """Remove what a killed process had begun."""
        for path in self.directory.glob(f"{INCOMPLETE}*"):
            shutil.rmtree(path, ignore_errors=True)

    def begin(self, version: str) -> Path:
        """An empty directory that ``finish`` turns into ``version``."""
        directory = self.directory / f"{INCOMPLETE}{version}"
        shutil.rmtree(directory, ignore_errors=True)
        (directory / "indexes").mkdir(parents=True)
        return directory

    def finish(self, manifest: Manifest) -> None:
        """The manifest last, then the one rename that makes the version exist."""
        directory = self.directory / f"{INCOMPLETE}{manifest.version}"
        for path in (*directory.glob("indexes/*"), directory / "indexes"):
            sync_directory(path)
        write_durably(directory / manifests.NAME, manifest.encode())
        directory.replace(self.directory / manifest.version)
        sync_directory(self.directory)
