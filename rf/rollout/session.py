"""A rollout from its beginning, or from where a journal says it stands."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from ..errors import BadInputError
from . import drift, records
from .commands import Commands
from .controller import Controller
from .core import GateArgs, Phase, State, begin
from .journal import Journal
from .lease import Lease, LockedError
from .store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .core import Action, Command, Counts, Judgement, Plan
    from .store import Store
    from .subject import Subject
    from .world import Clock, World

_GATES: TypeAdapter[dict[str, GateArgs]] = TypeAdapter(dict[str, GateArgs])
ENDED = (Phase.PROMOTED, Phase.ROLLED_BACK)
BEGUN = 3
"""Parts of the path of a rollout's journal: stack, folder, name."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """One rollout of ``stack``, as its journal has it. Who holds ``lease`` may go on with it."""

    stack: str
    id: str
    journal: Journal
    subject: Subject
    gates: Mapping[str, GateArgs]
    state: State
    settings: str
    lease: Lease | None = None

    @property
    def begun(self) -> float:
        """When, in Unix seconds."""
        return datetime.fromisoformat(self.journal.entries[0].at).timestamp()

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
    platform: Mapping[str, Any],
    now: datetime,
) -> Session:
    """Take the stack and write the first record: the rollout exists, and has changed nothing yet.

    ``platform``: the settings that it begins from. LockedError when another controller has the
    stack, BadInputError when a rollout is unfinished there.
    """
    name = f"{now:%Y%m%dT%H%M%S}-{subject.name}"
    lease = Lease(store, stack, name)
    lease.acquire(now)
    try:
        _refuse_unfinished(store, stack)
    except BadInputError:
        lease.release(now)
        raise
    journal = Journal(store, f"{folder(stack)}/{name}")
    data = {
        "stack": stack,
        "subject": records.subject_record(subject),
        "gates": _GATES.dump_python(dict(gates), mode="json"),
        "state": records.state_record(begin(plan, now.timestamp())),
        "settings": drift.fingerprint(platform, subject),
    }
    journal.write(records.BEGIN, data, now)
    return _session(stack, journal, lease)


def refuse_busy(store: Store, stack: str, now: datetime) -> None:
    """LockedError while a controller has ``stack``, BadInputError while a rollout is unfinished."""
    Lease(store, stack, "").refuse_held(now)
    _refuse_unfinished(store, stack)


def _refuse_unfinished(store: Store, stack: str) -> None:
    unfinished = latest(store, stack)
    if unfinished is None or unfinished.is_over:
        return
    raise BadInputError(
        f"rollout {unfinished.id} of {stack} is unfinished ({unfinished.state.phase}); "
        "rf rollout resume goes on with it, rf rollout abort takes it back"
    )


def latest(store: Store, stack: str) -> Session | None:
    """The rollout that was begun last, if there was any. JournalError when it was tampered with."""
    return next(earlier(store, stack), None)


def earlier(store: Store, stack: str) -> Iterator[Session]:
    """All rollouts on record, the last first."""
    logs = [log for log in store.logs(folder(stack)) if log.count("/") == BEGUN - 1]
    for log in reversed(logs):
        yield _session(stack, Journal(store, log), None)


def taken_over(store: Store, session: Session, now: datetime) -> Session:
    """``session``, to go on with; LockedError while another controller is at work on it."""
    lease = Lease(store, session.stack, session.id)
    lease.acquire(now)
    # What its controller wrote until it ended.
    return _session(session.stack, Journal(store, session.journal.log), lease)


def _session(stack: str, journal: Journal, lease: Lease | None) -> Session:
    first = journal.entries[0]
    standing = records.last(journal.entries, records.DONE) or first
    return Session(
        stack=stack,
        id=journal.log.rpartition("/")[2],
        journal=journal,
        subject=records.read_subject(first.data["subject"]),
        gates=_GATES.validate_python(first.data["gates"]),
        state=records.read_state(standing.data["state"]),
        settings=standing.data["settings"],
        lease=lease,
    )


def run(  # noqa: PLR0913 all but the first two are keyword-only
    world: World,
    session: Session,
    *,
    command: Command | None = None,
    history: Mapping[str, tuple[Counts, ...]] | None = None,
    ended: Callable[[], bool] = lambda: False,
    watch: Callable[[State, Judgement | None, Action], None] = lambda *_: None,
) -> State:
    """Go on with ``session``, and let others have the stack afterwards; see ``Controller.run``."""
    if session.lease is None:
        raise ValueError("whoever runs a rollout holds its lease")
    controller = Controller(
        world=world,
        journal=session.journal,
        lease=session.lease,
        commands=Commands(world.store, session.journal.log, _seen(session.journal)),
        subject=session.subject,
        gates=session.gates,
        settings=session.settings,
        history=history or {},
        ended=ended,
        watch=watch,
    )
    try:
        return controller.run(session.state, command)
    finally:
        let_go(session, world.clock)


def let_go(session: Session, clock: Clock) -> None:
    """Let others have the stack.

    A lease ends by itself where it cannot be given back, and may be somebody else's already.
    """
    if session.lease is not None:
        with suppress(StoreError, LockedError):
            session.lease.release(clock.now())


def _seen(journal: Journal) -> int:
    entry = records.last(journal.entries, records.INTENT)
    return int(entry.data["commands"]) if entry else 0


def last_verdict(session: Session) -> str:
    """SHA-256 of the last verdict on record; empty when there is none."""
    entry = records.last(session.journal.entries, records.VERDICT)
    return str(entry.data["sha256"]) if entry else ""
