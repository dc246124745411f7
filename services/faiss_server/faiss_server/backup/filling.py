"""Fills an empty data directory with a backup, before a server starts on it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .. import installing
from ..errors import Refused
from .errors import BackupError, DamagedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .record import Record
    from .store import Backups


def fill(backups: Backups, names: Sequence[str], data: Path) -> Record:
    """Put the newest good one of ``names`` (oldest first) into ``data``; says which were damaged.

    Raises BackupError when none is good: an empty index in its place would look like health.
    """
    for name in reversed(names):
        try:
            return _installed(backups, name, data)
        except DamagedError as error:
            sys.stderr.write(f"backup: {name} is left out: {error}\n")
    raise BackupError(f"all {len(names)} backups are damaged; {data} stays empty")


def _installed(backups: Backups, name: str, data: Path) -> Record:
    record = backups.record(name)
    try:
        installing.install(record.snapshot, lambda file: backups.file(name, file), data)
    except Refused as error:
        raise BackupError(f"{name} is not installed: {error}") from None
    except OSError as error:
        raise BackupError(
            f"{name} is not installed: {error.filename or data}: {error.strerror}"
        ) from None
    return record
