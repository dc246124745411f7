"""Logs as JSON lines on standard output, one object a line.

The two services of this repository hold the same copy of this file; a test compares them.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime


class JsonLines(logging.Formatter):
    """A record as one JSON object: time (UTC), level, logger, message, and what ``fields`` adds.

    Callers pass facts as ``extra={"fields": {...}}``. A traceback becomes one string, so that a
    log collector never splits it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON, without the line end."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def configure(level: str) -> None:
    """Send every logger of the process to standard output, from ``level`` (a lower-case name)."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
