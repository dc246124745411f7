"""Every exit status of ``rf``, in one table. A command that needs another one adds it here."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a caller may conclude from the status alone."""

    DONE = 0
    ERROR = 1
    """Bad input (usage errors included) or an internal error; the reason is on stderr."""
    PAUSED = 3
    """A rollout waits for a person: it was paused, or there is too little evidence."""
    LOCKED = 4
    """Another controller holds the stack."""
    PREFLIGHT = 5
    """A rollout was not begun; what has to be mended first is on stderr."""
    ROLLBACK_FAILED = 6
    """A rollback could not be finished: users may be on a bad version. Somebody has to look."""
    ROLLED_BACK = 7
    """The new version, or the higher percentage, was not good, and is gone."""
    UNHEALTHY = 8
    """Something that should answer does not."""
    POLICY = 9
    """A mandatory policy is violated; the findings are on stdout."""
