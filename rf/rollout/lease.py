"""One controller a stack: a lease in the store, renewed while its owner lives.

A lease is a log too: each record says who holds it and until when, and whoever creates the next
record has it. An owner that finds its next number taken has lost it, and stops.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .store import Store

LOG = "lease"
DURATION = timedelta(minutes=10)
"""How long a lease lasts without being renewed, which its owner does in half the time. Clocks of
different machines may differ by less than that. A dead owner on the same machine is recognised at
once."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A process on a machine since its last start."""

    host: str
    boot: str
    pid: int
    started: str
    """Clock ticks after boot at which the process started: process ids are used again."""

    @classmethod
    def this_process(cls) -> Owner:
        """Whoever asks."""
        pid = os.getpid()
        return cls(host=socket.gethostname(), boot=_boot(), pid=pid, started=_started(pid))

    @property
    def is_dead(self) -> bool:
        """Whether it is known to have ended; of another machine's processes nothing is known."""
        here = Owner.this_process()
        if self.host != here.host:
            return False
        return self.boot != here.boot or _started(self.pid) != self.started


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a record says. ``rollout`` names what it is held for; ``until`` is ISO 8601."""

    owner: Owner
    rollout: str
    until: str
    released: bool = False

    def is_over(self, now: datetime) -> bool:
        """Whether anybody else may take the lease."""
        return self.released or datetime.fromisoformat(self.until) <= now or self.owner.is_dead


class LockedError(Exception):
    """Another controller holds the lease; the message says which, where, and until when."""


class Lease:
    """The one right to change a stack's weights."""

    def __init__(self, store: Store, stack: str, rollout: str) -> None:
        self._store = store
        self._log = f"{stack}/{LOG}"
        self._rollout = rollout
        self._number = 0

    def acquire(self, now: datetime) -> None:
        """Take it, or LockedError. A lease whose owner is dead, or silent for long, is taken."""
        self._number = self.refuse_held(now)
        self._next(now + DURATION, released=False)

    def refuse_held(self, now: datetime) -> int:
        """LockedError while somebody alive has it; else the number of records, nothing written."""
        records = self._store.read(self._log)
        last = claim(records[-1]) if records else None
        if last is not None and not last.is_over(now):
            raise LockedError(
                f"{last.rollout} is being rolled out by process {last.owner.pid} on "
                f"{last.owner.host}, which holds the stack until {last.until} at least"
            )
        return len(records)

    def renew(self, now: datetime) -> None:
        """Hold it for ``DURATION`` from now; LockedError when it was lost meanwhile."""
        self._next(now + DURATION, released=False)

    def release(self, now: datetime) -> None:
        """Let others have it."""
        self._next(now, released=True)

    def _next(self, until: datetime, *, released: bool) -> None:
        mine = Claim(
            owner=Owner.this_process(),
            rollout=self._rollout,
            until=until.isoformat(),
            released=released,
        )
        record = json.dumps(asdict(mine), sort_keys=True).encode()
        if not self._store.add(self._log, self._number + 1, record):
            raise LockedError(f"another controller has taken {self._log} over")
        self._number += 1


def claim(record: bytes) -> Claim:
    """The claim that a record holds."""
    fields = json.loads(record)
    return Claim(**{**fields, "owner": Owner(**fields["owner"])})


def _boot() -> str:
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""


def _started(pid: int) -> str:
    """When ``pid`` started, by the kernel's own count; empty when it does not run."""
    try:
        content = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return _started_elsewhere(pid)
    # The second field is the command in brackets, and may hold anything.
    return content.rpartition(")")[2].split()[19]


def _started_elsewhere(pid: int) -> str:
    """On a system without /proc only whether it runs can be known."""
    if Path("/proc/self").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "running"
