"""Backups in a bucket: which there are, making room, and reading one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from . import names, record
from .bucket import Bucket, checked
from .errors import BackupError, DamagedError
from .retention import expired

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ..manifest import File
    from .record import Record
    from .settings import BackupSettings

ABANDONED = timedelta(days=1)
"""What has no record for so long was begun by somebody who is gone."""


@dataclass(frozen=True)
class Backups:
    """The backups below a prefix. One without its record does not exist."""

    bucket: Bucket
    settings: BackupSettings

    def names(self) -> list[str]:
        """Those that exist, oldest first."""
        prefix = self.settings.prefix
        return sorted(
            name
            for name, keys in self.bucket.objects().items()
            if names.record_key(prefix, name) in keys
        )

    def chosen(self, name: str | None) -> Record:
        """The backup called ``name``, else the latest; BackupError when there is none."""
        found = self.names()
        if not found:
            where = f"s3://{self.settings.bucket}/{names.root(self.settings.prefix)}"
            raise BackupError(f"there is no backup in {where}")
        if name is not None and name not in found:
            raise BackupError(f"there is no backup {name[:60]!a}; the latest is {found[-1]}")
        return self.record(name or found[-1])

    def record(self, name: str) -> Record:
        """What a backup says of itself; DamagedError when that cannot be believed."""
        key = names.record_key(self.settings.prefix, name)
        content = self.bucket.read(key)
        try:
            found = record.decode(content)
        except record.BadRecordError as error:
            raise DamagedError(f"{self._at(key)} is damaged: {error}") from None
        if found.name != name:
            raise DamagedError(f"{self._at(key)} is damaged: it belongs to {found.name}")
        return found

    def file(self, name: str, file: File) -> Iterator[bytes]:
        """A file of a backup; DamagedError at its end, or before, when it is not as it was."""
        key = names.file_key(self.settings.prefix, name, file.path)
        size, chunks = self.bucket.stream(key)
        if size != file.bytes:
            raise DamagedError(f"{self._at(key)} has {size} bytes instead of {file.bytes}")
        return checked(chunks, file.sha256, file.bytes, self._at(key))

    def damage(self, found: Record) -> list[str]:
        """Read every byte of a backup; one sentence for each object that is not as it was."""
        problems = []
        for file in found.snapshot.files:
            try:
                for _ in self.file(found.name, file):
                    pass
            except DamagedError as error:
                problems.append(str(error))
        return problems

    def retire(self) -> list[str]:
        """Delete what is no longer kept, and answer its names.

        The record goes first: a backup that is half deleted does not exist.
        """
        gone = expired(self.names(), self.settings.retention)
        for name in gone:
            self.bucket.delete([names.record_key(self.settings.prefix, name)])
            self.bucket.delete(self.bucket.objects().get(name, {}))
        return gone

    def sweep(self, now: datetime) -> list[str]:
        """Remove what was begun a day before ``now`` or earlier and has no record; its names."""
        prefix, oldest = self.settings.prefix, now - ABANDONED
        gone = set()
        for name, keys in self.bucket.objects().items():
            if names.record_key(prefix, name) not in keys and max(keys.values()) < oldest:
                self.bucket.delete(keys)
                gone.add(name)
        for key, upload, begun in self.bucket.unfinished():
            if begun < oldest:
                self.bucket.give_up(key, upload)
                gone.add(names.name_in(prefix, key) or key)
        return sorted(gone)

    def _at(self, key: str) -> str:
        return f"s3://{self.settings.bucket}/{key}"
