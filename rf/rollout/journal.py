"""The journal of a rollout: what was meant, then what was done, each record chained to the last.

A record is written before the step that it announces. After a crash the last record says which step
may or may not have happened, and what it would have done.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .store import MAX_RECORD, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .store import Store

START = "0" * 64


class JournalError(Exception):
    """The journal is not what it was when it was written; the message says where."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One record. ``digest`` covers everything in it and, by ``previous``, all before it."""

    number: int
    at: str
    kind: str
    data: Mapping[str, Any]
    previous: str

    @property
    def content(self) -> bytes:
        """The record's bytes: JSON with sorted keys."""
        fields = {
            "number": self.number,
            "at": self.at,
            "kind": self.kind,
            "data": self.data,
            "previous": self.previous,
        }
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the content, in hex."""
        return hashlib.sha256(self.content).hexdigest()


class OvertakenError(Exception):
    """Somebody else has written to this journal meanwhile: this process no longer speaks for it."""


class Journal:
    """The journal called ``log``, read on opening. JournalError when its chain is broken."""

    def __init__(self, store: Store, log: str) -> None:
        self._store = store
        self._log = log
        self._entries: list[Entry] = []
        self.catch_up()

    @property
    def log(self) -> str:
        """What the store calls it."""
        return self._log

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All records that this process knows of."""
        return tuple(self._entries)

    def catch_up(self) -> None:
        """Read what others have written since."""
        for record in self._store.read(self._log, after=len(self._entries)):
            self._entries.append(self._checked(record))

    def write(self, kind: str, data: Mapping[str, Any], at: datetime) -> Entry:
        """Append a record. When this returns, it will survive; StoreError and OvertakenError."""
        last = self._entries[-1] if self._entries else None
        entry = Entry(
            number=len(self._entries) + 1,
            at=at.isoformat(),
            kind=kind,
            data=json.loads(json.dumps(data)),
            previous=last.digest if last else START,
        )
        if len(entry.content) > MAX_RECORD:
            raise StoreError(f"a record of {len(entry.content)} bytes is too large for {self._log}")
        if not self._store.add(self._log, entry.number, entry.content):
            raise OvertakenError(f"{self._log} has a record {entry.number} by somebody else")
        self._entries.append(entry)
        return entry

    def _checked(self, record: bytes) -> Entry:
        number = len(self._entries) + 1
        try:
            entry = Entry(**json.loads(record))
        except (ValueError, TypeError):
            raise JournalError(f"record {number} of {self._log} cannot be read") from None
        expected = self._entries[-1].digest if self._entries else START
        if (entry.number, entry.previous) != (number, expected) or entry.content != record:
            raise JournalError(f"record {number} of {self._log} does not follow the one before it")
        return entry
