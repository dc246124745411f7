"""A store on this machine: one file a record."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import StoreError

DIGITS = 8


class FolderStore:
    """Records as files below ``root``. A crash at any moment leaves whole records and no others.

    A record is written beside its place and then linked to it: linking fails where there is one,
    and a reader never sees a part.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def add(self, log: str, number: int, record: bytes) -> bool:
        folder = self._root / log
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=folder, prefix=".")
            draft = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(record)
                    file.flush()
                    os.fsync(file.fileno())
                (folder / f"{number:0{DIGITS}}").hardlink_to(draft)
            except FileExistsError:
                return False
            finally:
                draft.unlink(missing_ok=True)
            _sync(folder)
        except OSError as error:
            raise StoreError(f"{folder} cannot be written: {error.strerror}") from None
        return True

    def read(self, log: str, after: int = 0) -> Sequence[bytes]:
        found: list[bytes] = []
        number = after + 1
        try:
            while (path := self._root / log / f"{number:0{DIGITS}}").exists():
                found.append(path.read_bytes())
                number += 1
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror}") from None
        return found

    def logs(self, under: str) -> Sequence[str]:
        try:
            firsts = sorted((self._root / under).rglob(f"{1:0{DIGITS}}"))
        except OSError as error:
            raise StoreError(f"{self._root / under} cannot be read: {error.strerror}") from None
        return [str(path.parent.relative_to(self._root)) for path in firsts]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
