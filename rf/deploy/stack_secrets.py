"""Which secrets a stack lacks, and which of them can be made up."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

RANDOM = frozenset({"redisPassword", "grafanaAdminPassword"})
"""Secrets that only this project uses, so any value does as long as nobody can guess it."""


def lacking(needed: Sequence[str], present: Collection[str], project: str) -> tuple[str, ...]:
    """The names of ``needed`` whose full keys are not in ``present``."""
    return tuple(name for name in needed if f"{project}:{name}" not in present)


def random_value() -> str:
    """256 bits of randomness, as text that any program takes for a password."""
    return secrets.token_urlsafe(32)
