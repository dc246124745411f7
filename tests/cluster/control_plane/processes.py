"""Servers as child processes that end with this one, however it ends."""

from __future__ import annotations

import socket
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

KEPT_LINES = 10
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server, which writes all its output to ``log``."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def ended(self) -> str | None:
        """How it ended and its last words; None while it runs."""
        status = self.process.poll()
        if status is None:
            return None
        return f"{self.name} ended with status {status}:\n{self.last_words()}"

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-KEPT_LINES:])


def start(name: str, command: Sequence[str], folder: Path) -> Server:
    """Start ``command`` with its log in ``folder``.

    The kernel kills it when the thread that called this ends, even by SIGKILL: nobody has to look
    for leftovers of an earlier run. A session of its own keeps Ctrl-C from it.
    """
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "SIGKILL", *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Server(name=name, process=process, log=log)


def kill(servers: Iterable[Server]) -> None:
    """End ``servers`` at once; what they would write while they stop goes away anyway."""
    found = list(servers)
    for server in found:
        server.process.kill()
    for server in found:
        server.process.wait(PATIENCE_SECONDS)


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on, all different."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
