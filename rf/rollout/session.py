"""A rollout from its beginning, or from where a journal says it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from . import records
from .commands import Commands
from .controller import Controller
from .core import GateArgs, Phase, State, begin
from .journal import Journal
from .lease import Lease

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from .core import Plan
    from .store import Store
    from .subject import Subject
    from .world import World

_GATES: TypeAdapter[dict[str, GateArgs]] = TypeAdapter(dict[str, GateArgs])
ENDED = (Phase.PROMOTED, Phase.ROLLED_BACK)


@dataclass(frozen=True, kw_only=True)
class Session:
    """One rollout of ``stack``, as its journal has it."""

    stack: str
    id: str
    journal: Journal
    subject: Subject
    gates: Mapping[str, GateArgs]
    state: State

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.state.phase in ENDED and records.unfinished(self.journal.entries) is None


def folder(stack: str) -> str:
    """Where the journals of a stack's rollouts are."""
    return f"{stack}/rollouts"


def start(  # noqa: PLR0913 all but the first two are keyword-only
    store: Store,
    stack: str,
    *,
    subject: Subject,
    plan: Plan,
    gates: Mapping[str, GateArgs],
    now: datetime,
) -> Session:
    """Write the first record: from here on the rollout exists, and has changed nothing yet."""
    name = f"{now:%Y%m%dT%H%M%S}-{subject.name}"
    journal = Journal(store, f"{folder(stack)}/{name}")
    state = begin(plan, now.timestamp())
    data = {
        "stack": stack,
        "subject": records.subject_record(subject),
        "gates": _GATES.dump_python(dict(gates), mode="json"),
        "state": records.state_record(state),
    }
    journal.write(records.BEGIN, data, now)
    return Session(stack=stack, id=name, journal=journal, subject=subject, gates=gates, state=state)


def latest(store: Store, stack: str) -> Session | None:
    """The rollout that was begun last, if there was any. JournalError when it was tampered with."""
    logs = [
        log for log in store.logs(folder(stack)) if log.count("/") == folder(stack).count("/") + 1
    ]
    if not logs:
        return None
    journal = Journal(store, logs[-1])
    first = journal.entries[0]
    standing = records.last(journal.entries, records.DONE) or first
    return Session(
        stack=stack,
        id=logs[-1].rpartition("/")[2],
        journal=journal,
        subject=records.read_subject(first.data["subject"]),
        gates=_GATES.validate_python(first.data["gates"]),
        state=records.read_state(standing.data["state"]),
    )


def controller(
    world: World, session: Session, *, ended: Callable[[], bool] = lambda: False
) -> Controller:
    """The controller that goes on with ``session``, and has the stack for itself.

    LockedError when another one has it.
    """
    lease = Lease(world.store, session.stack, session.id)
    lease.acquire(world.clock.now())
    return Controller(
        world=world,
        journal=session.journal,
        lease=lease,
        commands=Commands(world.store, session.journal.log),
        subject=session.subject,
        gates=session.gates,
        ended=ended,
    )
