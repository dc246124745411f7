"""What the commands do, with every end of a rollout as an exit status and a sentence."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from ..errors import BadInputError
from ..exit_codes import ExitCode
from . import session
from .acts import UnrecordedError
from .commands import Commands
from .core import Phase
from .git import Repository
from .journal import JournalError, OvertakenError
from .lanes import Interrupted, RollbackError
from .lease import LockedError
from .store import StoreError
from .table import Watching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .core import Command, State
    from .session import Session
    from .wiring import Wiring


ENDING = (
    "ending: what is under way is finished first, which may take minutes; a second signal changes "
    "nothing, and kill -9 leaves a rollout that rf rollout resume goes on with"
)


class EndedError(Exception):
    """It ends here, with a status of its own; the message is for stderr."""

    def __init__(self, status: ExitCode, message: str) -> None:
        """Keep what the process shall end with."""
        super().__init__(message)
        self.status = status


@contextmanager
def told() -> Iterator[None]:
    """Every way in which a rollout can end early, as a status and a sentence."""
    try:
        yield
    except LockedError as error:
        raise EndedError(ExitCode.LOCKED, str(error)) from None
    except OvertakenError as error:
        raise EndedError(ExitCode.LOCKED, str(error)) from None
    except (StoreError, JournalError) as error:
        raise BadInputError(f"the records of rollouts: {error}") from None
    except RollbackError as error:
        raise EndedError(
            ExitCode.ROLLBACK_FAILED,
            f"the rollback failed, and users may be on a bad version: {error}\n"
            "mend it, then rf rollout resume",
        ) from None
    except UnrecordedError as error:
        raise EndedError(ExitCode.ROLLED_BACK, str(error)) from None
    except Interrupted:
        raise EndedError(
            ExitCode.PAUSED, "interrupted; rf rollout resume goes on where it stands"
        ) from None


def carry_out(
    wiring: Wiring, found: Session, *, command: Command | None = None, commits: str | None = None
) -> ExitCode:
    """Go on with ``found`` on the terminal until it ends or waits; its exit status.

    ``commits``: a branch that the stack file is committed on afterwards, "" for the current one.
    """
    with wiring.clock.until_signalled(ENDING), Watching(Console(), wiring.say) as watching:
        shown = wiring.say
        wiring.say = watching.say
        try:
            world = wiring.world(found.id)
            state = session.run(
                world,
                found,
                command=command,
                # Who is to be sent back does not wait for what judges nobody.
                history={}
                if command == "abort"
                else wiring.history(found.subject, found.begun, wiring.notifier.note),
                ended=lambda: wiring.clock.ended,
                watch=watching,
            )
        finally:
            wiring.say = shown
    if commits is not None:
        _commit(wiring, found, state, commits)
    return outcome(state, asked_back=command == "abort")


def outcome(state: State, *, asked_back: bool) -> ExitCode:
    """The status that a rollout's end comes to; going back on request is what was asked for."""
    match state.phase:
        case Phase.PROMOTED:
            return ExitCode.DONE
        case Phase.ROLLED_BACK:
            return ExitCode.DONE if asked_back else ExitCode.ROLLED_BACK
    return ExitCode.PAUSED


def unfinished(wiring: Wiring) -> Session:
    """The rollout that is not over; BadInputError when there is none."""
    found = session.latest(wiring.store, wiring.name)
    if found is None:
        raise BadInputError(f"no rollout was ever begun in {wiring.name}")
    if found.is_over:
        raise BadInputError(
            f"rollout {found.id} of {wiring.name} is over ({found.state.phase.replace('_', ' ')})"
        )
    return found


def ask(wiring: Wiring, command: Command, found: Session) -> None:
    """Leave ``command`` for the controller that is at work on ``found``."""
    Commands(wiring.store, found.journal.log).give(command, wiring.clock.now())
    wiring.say(f"asked the controller of {found.id} to {command}; rf rollout status shows it")


def do_or_ask(wiring: Wiring, command: Command, *, commits: str | None) -> ExitCode:
    """Take ``command`` here, or leave it for the controller that is at work."""
    found = unfinished(wiring)
    try:
        mine = session.taken_over(wiring.store, found, wiring.clock.now())
    except LockedError:
        ask(wiring, command, found)
        return ExitCode.DONE
    return carry_out(wiring, mine, command=command, commits=commits)


def _commit(wiring: Wiring, found: Session, state: State, branch: str) -> None:
    """What goes wrong with git changes nothing of what the rollout did."""
    verdict = session.last_verdict(found)
    message = f"Rollout {found.id}: {state.phase.replace('_', ' ')}\n\nVerdict: {verdict or 'none'}"
    repository = Repository(
        root=wiring.project.root, runner=wiring.tools.runner, env=wiring.tools.environment
    )
    path = wiring.checked.path
    try:
        done = (
            repository.branch(path, message, branch) if branch else repository.commit(path, message)
        )
    except BadInputError as error:
        done = f"not committed: {error}\n{path.name} holds the live weights; commit it by hand"
    wiring.say(done)
