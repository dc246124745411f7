"""What people ask of a running rollout, from wherever they are: records in the store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, get_args

from .core import Command
from .store import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from .store import Store


class Commands:
    """The commands to one rollout, each of which is answered once."""

    def __init__(self, store: Store, rollout_log: str, seen: int = 0) -> None:
        self._store = store
        self._log = f"{rollout_log}/commands"
        self._seen = seen

    @property
    def seen(self) -> int:
        """How many were taken; the journal keeps it for whoever goes on."""
        return self._seen

    def next(self) -> Command | None:
        """The next that nobody has taken, if any; none while the store cannot be asked."""
        try:
            records = self._store.read(self._log, after=self._seen)
        except StoreError:
            return None
        if not records:
            return None
        self._seen += 1
        asked = json.loads(records[0])["command"]
        return asked if asked in get_args(Command) else None

    def give(self, command: Command, now: datetime) -> None:
        """Ask for ``command``."""
        record = json.dumps({"command": command, "at": now.isoformat()}).encode()
        number = len(self._store.read(self._log)) + 1
        while not self._store.add(self._log, number, record):
            number += 1
