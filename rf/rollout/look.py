"""Looks at rollouts without changing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadInputError, first_line
from ..exit_codes import ExitCode
from . import records, session
from .core import Phase, read_bundle, replay
from .ledger import evidence_log
from .operation import outcome
from .status import judgement_lines, status_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .wiring import Wiring

REFRESH_SECONDS = 2


def status(wiring: Wiring, *, watch: bool) -> ExitCode:
    """Where the last rollout stands; ``watch``: again at each change, until it ends or waits."""
    said: tuple[str, ...] = ()
    with wiring.clock.until_signalled():
        while True:
            found = session.latest(wiring.store, wiring.name)
            if found is None:
                raise BadInputError(f"no rollout was ever begun in {wiring.name}")
            lines = tuple(status_lines(found, wiring.store, wiring.clock.now()))
            if lines != said:
                wiring.say("\n".join(lines))
                said = lines
            running = found.state.phase is Phase.RUNNING
            if not watch or not running or wiring.clock.ended:
                return ExitCode.DONE if not watch else outcome(found.state, asked_back=False)
            wiring.clock.sleep(REFRESH_SECONDS)


def replay_file(path: Path, say: Callable[[str], None]) -> ExitCode:
    """The verdict that the bundle in ``path`` gives."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} cannot be read: {type(error).__name__}") from None
    return _replayed(text, str(path), say)


def replay_recorded(wiring: Wiring, sha256: str, save: Path | None) -> ExitCode:
    """The same for a verdict on record in the stack's store."""
    for found in session.earlier(wiring.store, wiring.name):
        text = records.read_text(wiring.store, evidence_log(found.journal.log, sha256))
        if text:
            if save is not None:
                _save(save, text)
            return _replayed(text, sha256, wiring.say)
    raise BadInputError(
        f"{sha256} is neither a file nor a verdict on record in {wiring.name}; rf rollout status "
        "shows the last one"
    )


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"{path} cannot be written: {error.strerror}") from None


def _replayed(text: str, name: str, say: Callable[[str], None]) -> ExitCode:
    try:
        bundle = read_bundle(text)
    except ValueError as error:
        raise BadInputError(f"{name} is no bundle of evidence: {first_line(error)}") from None
    for line in judgement_lines(replay(bundle)):
        say(line)
    return ExitCode.DONE
