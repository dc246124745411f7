"""The time, as rules that know of dates read it. Tests replace ``now``."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
