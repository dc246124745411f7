"""``.pulumi-local``: everything ``rf up`` keeps, inside the project and outside git."""

from __future__ import annotations

import fcntl
import json
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import BadInputError
from ..replace_file import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..project import Project

NAME = ".pulumi-local"
PRIVATE = 0o600


@dataclass(frozen=True, kw_only=True)
class LocalFolder:
    """Where things are. ``root`` looks like a Pulumi project to the CLI, and has no program."""

    root: Path

    @property
    def cli(self) -> Path:
        """Where the Pulumi CLI goes when there is none on PATH."""
        return self.root / "cli"

    @property
    def home(self) -> Path:
        """PULUMI_HOME: plugins and the selected stack."""
        return self.root / "home"

    @property
    def state(self) -> Path:
        """The backend of stacks that belong to this machine."""
        return self.root / "state"

    @property
    def passphrase(self) -> Path:
        """What encrypts the secrets of stacks that belong to this machine."""
        return self.root / "passphrase"

    def stack_file(self, stack: str) -> Path:
        """The copy of a stack file that the CLI may write to."""
        return self.root / f"Pulumi.{stack}.yaml"

    @contextmanager
    def held(self, stack: str) -> Iterator[None]:
        """Keep a second ``rf up`` or ``rf down`` of ``stack`` out; BadInputError when kept out."""
        with (self.root / f"{stack}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                message = f"another rf up or rf down of {stack} is at work in this project"
                raise BadInputError(message) from None
            yield


def open_folder(project: Project) -> LocalFolder:
    """The folder of ``project``, made where it is missing."""
    folder = LocalFolder(root=project.root / NAME)
    try:
        folder.root.mkdir(mode=0o700, exist_ok=True)
        folder.state.mkdir(exist_ok=True)
    except OSError as error:
        raise BadInputError(f"{error.filename} cannot be made: {error.strerror}") from None
    # Creating a stack writes a salt into the stack file beside Pulumi.yaml, so that step happens
    # beside this one.
    content = json.dumps({"name": project.name, "runtime": "python"}) + "\n"
    replace_file(folder.root / "Pulumi.yaml", content, mode=0o644)
    return folder


def ensure_passphrase(folder: LocalFolder) -> None:
    """Make up the passphrase, once: what it encrypted can be read with nothing else."""
    if not folder.passphrase.exists():
        replace_file(folder.passphrase, secrets.token_urlsafe(32), mode=PRIVATE)
