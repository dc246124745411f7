"""What a backup is called, and where its objects lie. Pure.

Names sort by age. A clock that was set back cannot make a new backup look like an old one: the name
of a new one is always later than those that there are.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT = "%Y%m%dT%H%M%SZ"
NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
RECORD = "backup.json"
FILES = "files"


def next_name(now: datetime, existing: Iterable[str], suffix: str) -> str:
    """A name for a backup made ``now``, later than every one of ``existing``.

    ``suffix``, six hex digits, keeps two apart that begin in the same second.
    """
    latest = max((made(name) for name in existing), default=None)
    moment = now.astimezone(UTC).replace(microsecond=0)
    if latest is not None and latest >= moment:
        moment = latest + timedelta(seconds=1)
    return f"{moment.strftime(FORMAT)}-{suffix}"


def made(name: str) -> datetime:
    """When the backup was begun, by its name."""
    return datetime.strptime(name.partition("-")[0], FORMAT).replace(tzinfo=UTC)


def is_name(text: str) -> bool:
    """Whether a backup may be called so."""
    if not NAME.fullmatch(text):
        return False
    try:
        made(text)
    except ValueError:
        return False
    return True


def record_key(prefix: str, name: str) -> str:
    """The object that makes the backup exist; it is written last."""
    return f"{folder(prefix, name)}{RECORD}"


def file_key(prefix: str, name: str, path: str) -> str:
    """The object of one file of the snapshot."""
    return f"{folder(prefix, name)}{FILES}/{path}"


def folder(prefix: str, name: str) -> str:
    """Everything of one backup begins so."""
    return f"{root(prefix)}{name}/"


def root(prefix: str) -> str:
    """Everything of every backup begins so."""
    return f"{prefix}/" if prefix else ""


def name_in(prefix: str, key: str) -> str | None:
    """The backup that the object ``key`` belongs to; None for what is not ours."""
    name = key.removeprefix(root(prefix)).partition("/")[0]
    return name if key.startswith(root(prefix)) and is_name(name) else None
