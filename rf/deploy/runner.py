"""Runs other programs."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .reason import reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

NOT_FOUND = 127
TIMED_OUT = 124
WIND_DOWN_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a program ended and all it wrote. ``status`` is 127 where there is no such program."""

    status: int
    output: str
    """What was asked for, without a word of warning in it."""
    errors: str = ""

    @property
    def reason(self) -> str:
        """The line that says what went wrong."""
        written = f"{self.output}\n{self.errors}"
        return reason(written) or f"it ended with status {self.status}"


class Runner(Protocol):
    """The two ways of running a program that deploying needs."""

    def ask(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: str = ""
    ) -> Answer:
        """Run ``command`` with ``stdin`` and keep what it writes."""
        ...

    def show(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> int:
        """Run ``command`` on the user's own terminal; its exit status."""
        ...


@dataclass(frozen=True, kw_only=True)
class SubprocessRunner:
    """Real programs. ``limit``: seconds that one which is asked may take, for ever if None."""

    limit: float | None = None

    def ask(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: str = ""
    ) -> Answer:
        """Run ``command`` with ``stdin`` and keep what it writes; 124 when it took too long."""
        try:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                # A signal that is meant for this process must not cut a deployment short.
                start_new_session=True,
            )
        except FileNotFoundError:
            return Answer(status=NOT_FOUND, output="", errors=f"{command[0]}: not found")
        try:
            output, errors = process.communicate(stdin, timeout=self.limit)
        except subprocess.TimeoutExpired:
            output, errors = _stopped(process)
            return Answer(status=TIMED_OUT, output=output, errors=errors)
        return Answer(status=process.returncode, output=output, errors=errors)

    def show(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> int:
        """Run ``command`` on the user's own terminal; its exit status, negative for a signal.

        An interrupt reaches ``command`` once, and then it is waited for: Pulumi winds down at the
        first and drops everything at the second, which leaves operations pending.
        """
        at_terminal = _in_foreground()
        with _Interrupts(from_terminal=at_terminal).caught() as interrupts:
            process = subprocess.Popen(
                command, cwd=cwd, env=env, process_group=None if at_terminal else 0
            )
            interrupts.deliver_to(process)
            return process.wait()


class _Interrupts:
    """Hands SIGINT on, once; SIGTERM, too, as the SIGINT that programs wind down at.

    In the foreground of a terminal, ctrl-C goes to every process of the group by itself, so the
    child stays in the group (it may have questions to ask there) and is sent nothing. Anywhere
    else the child has a group of its own, and whoever signals our group reaches only us.
    """

    def __init__(self, *, from_terminal: bool) -> None:
        self._from_terminal = from_terminal
        self._process: subprocess.Popen[bytes] | None = None
        self._due = False
        self._sent = False

    @contextmanager
    def caught(self) -> Iterator[_Interrupts]:
        former = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield self
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def deliver_to(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._send()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGTERM or not self._from_terminal:
            self._due = True
            self._send()

    def _send(self) -> None:
        if self._process is not None and self._due and not self._sent:
            self._sent = True
            self._process.send_signal(signal.SIGINT)


def _stopped(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What ``process`` wrote until it wound down, or was killed because it did not."""
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=WIND_DOWN_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()


def _in_foreground() -> bool:
    try:
        with Path("/dev/tty").open() as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
