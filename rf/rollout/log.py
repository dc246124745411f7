"""The log of rollouts: a file a day, kept for thirty days, as the guide has it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ..errors import BadInputError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

KEPT = timedelta(days=30)
_NAME = re.compile(r"feature-rollout-(\d{4}-\d{2}-\d{2})\.log")


class Log:
    """``feature-rollout-<day>.log`` in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, line: str, at: datetime) -> None:
        """Append ``line``, and drop what is too old. BadInputError when it cannot be written."""
        path = self._folder / f"feature-rollout-{at.date().isoformat()}.log"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            is_new = not path.exists()
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{at.isoformat(timespec='seconds')} {line}\n")
            if is_new:
                self._drop(at.date() - KEPT)
        except OSError as error:
            raise BadInputError(f"{path} cannot be written: {error.strerror}") from None

    def _drop(self, before: date) -> None:
        for path in self._folder.glob("feature-rollout-*.log"):
            found = _NAME.fullmatch(path.name)
            if found and date.fromisoformat(found[1]) < before:
                path.unlink(missing_ok=True)
