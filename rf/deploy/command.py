"""``rf up`` and ``rf down`` on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..exit_codes import ExitCode
from ..project import find_project
from ..stacks import checked_stack

StackName = Annotated[str, typer.Argument(metavar="STACK", help="Name of the stack.")]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask; the local stack is never asked about.")
]


def up(stack: StackName, *, yes: Yes = False) -> ExitCode:
    """Deploy STACK with the Pulumi CLI, keeping its state and home inside the project.

    The local stack gets random secrets on its first run, and our own images are built for it. For
    other stacks PULUMI_BACKEND_URL names the team's backend.
    """
    return _run(stack, remove=False, yes=yes)


def down(stack: StackName, *, yes: Yes = False) -> ExitCode:
    """Remove what rf up deployed for STACK."""
    return _run(stack, remove=True, yes=yes)


def _run(stack: str, *, remove: bool, yes: bool) -> ExitCode:
    # The program takes a second to load, which no other command should wait for.
    from . import deployment

    checked = checked_stack(find_project(Path.cwd()), stack)
    operation = deployment.down if remove else deployment.up
    ended = operation(checked, deployment.shell_tools(), yes=yes)
    return ExitCode.ERROR if ended else ExitCode.DONE
