"""What goes wrong with a backup. Messages are for people and hold no credential."""

from __future__ import annotations


class BackupError(Exception):
    """It cannot be done; says what, where and why."""


class DamagedError(BackupError):
    """An object in the bucket is missing or is not what was put there; names it."""
