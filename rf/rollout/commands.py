"""What people ask of a running rollout, from wherever they are: records in the store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, get_args

from .core import Command

if TYPE_CHECKING:
    from datetime import datetime

    from .store import Store


class Commands:
    """The commands to one rollout, each of which is answered once."""

    def __init__(self, store: Store, rollout_log: str) -> None:
        self._store = store
        self._log = f"{rollout_log}/commands"
        self._seen = 0

    def next(self) -> Command | None:
        """The next that nobody has taken, if any."""
        records = self._store.read(self._log, after=self._seen)
        if not records:
            return None
        self._seen += 1
        asked = json.loads(records[0])["command"]
        return asked if asked in get_args(Command) else None

    def skip(self) -> None:
        """Leave out those of before: whoever resumes is asked anew."""
        self._seen += len(self._store.read(self._log, after=self._seen))

    def give(self, command: Command, now: datetime) -> None:
        """Ask for ``command``."""
        record = json.dumps({"command": command, "at": now.isoformat()}).encode()
        number = len(self._store.read(self._log)) + 1
        while not self._store.add(self._log, number, record):
            number += 1
