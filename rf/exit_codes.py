"""Every exit status of ``rf``, in one table. A command that needs another one adds it here."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a caller may conclude from the status alone."""

    DONE = 0
    ERROR = 1
    """Bad input (usage errors included) or an internal error; the reason is on stderr."""
