"""The Pulumi CLI: where it comes from, and the few things asked of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

from ..errors import BadInputError
from .packs import pack_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .folder import LocalFolder
    from .runner import Answer, Runner


def install_cli(root: Path) -> None:
    """The SDK's own installer, for the CLI of the SDK's own version; quick where it is there."""
    from pulumi.automation import PulumiCommand  # takes long, and is rarely needed

    PulumiCommand.install(root=str(root))


def find_cli(
    folder: LocalFolder,
    given: Mapping[str, str],
    install: Callable[[Path], None],
    say: Callable[[str], None],
) -> Path:
    """The CLI on PATH, or else one put below ``folder``; BadInputError in one line otherwise."""
    found = shutil.which("pulumi", path=given.get("PATH"))
    if found:
        return Path(found)
    wanted = version("pulumi")
    if not (folder.cli / "bin" / "pulumi").exists():
        say(f"There is no pulumi on PATH; downloading version {wanted} to {folder.cli}, once ...")
    try:
        install(folder.cli)
    except Exception as error:  # noqa: BLE001 whatever went wrong, there is one thing to do
        message = (
            f"there is no pulumi on PATH, and downloading {wanted} failed ({_why(error)}); install "
            "it as https://www.pulumi.com/docs/install says, or check the network and repeat"
        )
        raise BadInputError(message) from None
    return folder.cli / "bin" / "pulumi"


def _why(error: Exception) -> str:
    output = error.output if isinstance(error, subprocess.CalledProcessError) else None
    cause = error.reason if isinstance(error, URLError) else error
    text = output.decode(errors="replace") if isinstance(output, bytes) else str(cause)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


@dataclass(frozen=True, kw_only=True)
class Engine:
    """The CLI at work on one stack. ``file`` is the copy of the stack file that it may write to."""

    cli: Path
    stack: str
    root: Path
    file: Path
    environment: Mapping[str, str]
    runner: Runner

    @property
    def _env(self) -> dict[str, str]:
        # The language host is looked for on PATH, and a downloaded one lies beside its CLI.
        path = os.pathsep.join([self.environment.get("PATH", os.defpath), str(self.cli.parent)])
        return {**self.environment, "PATH": path}

    @property
    def which(self) -> tuple[str, ...]:
        """Options that name the stack and its file."""
        return ("--stack", self.stack, "--config-file", str(self.file))

    def open_stack(self) -> None:
        """Select the stack, made where it is missing; its salt goes into ``file``."""
        self._ask(["stack", "select", "--create", self.stack], cwd=self.file.parent)

    def set_secret(self, key: str, value: str) -> None:
        """Encrypt ``value`` into ``file``. It goes over stdin: command lines are for all to see."""
        self._ask(["config", "set", "--secret", key, *self.which], cwd=self.root, stdin=value)

    def up(self, *, yes: bool, keep_going: bool) -> int:
        """``pulumi up`` on the user's terminal; its exit status.

        ``keep_going``: one service that cannot start does not keep the others from it. Both policy
        packs look at the preview and again at each resource before it is made.
        """
        going_on = ["--continue-on-error"] if keep_going else []
        return self._show(["up", *going_on, *pack_options()], yes=yes)

    def deploy(self, *, message: str, targets: Sequence[str]) -> Answer:
        """``pulumi up`` without questions and with what it says kept, of ``targets`` if any.

        A target is a URN, or a pattern of URNs. ``message`` goes into the stack's history.
        """
        chosen = [word for target in targets for word in ("--target", target)]
        command = ["up", "--yes", "--skip-preview", "--message", message, *chosen]
        return self.runner.ask(
            [str(self.cli), *command, *pack_options(), *self.which], cwd=self.root, env=self._env
        )

    def config(self, key: str) -> Answer:
        """The value of ``key`` in clear, for this process alone."""
        return self._read(["config", "get", key, *self.which])

    def outputs(self) -> Answer:
        """What the program exported at the last deployment, as JSON; secrets stay hidden."""
        return self._read(["stack", "output", "--json", "--stack", self.stack])

    def output(self, name: str, *, of: str) -> Answer:
        """What another stack exported as ``name``, in clear, for this process alone."""
        return self._read(["stack", "output", name, "--show-secrets", "--stack", of])

    def _read(self, arguments: Sequence[str]) -> Answer:
        return self.runner.ask([str(self.cli), *arguments], cwd=self.root, env=self._env)

    def destroy(self, *, yes: bool) -> int:
        """``pulumi destroy`` on the user's terminal; its exit status."""
        return self._show(["destroy"], yes=yes)

    def _ask(self, arguments: Sequence[str], *, cwd: Path, stdin: str = "") -> None:
        command = [str(self.cli), *arguments]
        answer = self.runner.ask(command, cwd=cwd, env=self._env, stdin=stdin)
        if answer.status:
            what = " ".join(["pulumi", *arguments[:2]])
            raise BadInputError(f"{what} failed for the stack {self.stack}: {answer.reason}")

    def _show(self, arguments: Sequence[str], *, yes: bool) -> int:
        command = [str(self.cli), *arguments, *self.which, *(["--yes"] if yes else [])]
        return self.runner.show(command, cwd=self.root, env=self._env)
