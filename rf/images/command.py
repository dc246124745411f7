"""``rf images`` on the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ..exit_codes import ExitCode
from ..progress import working
from ..project import find_project
from ..stacks import checked_stack

app = typer.Typer()


@app.callback()
def images() -> None:
    """Pin the images of a stack."""


@app.command("resolve")
def resolve_images(
    stack: Annotated[str, typer.Argument(metavar="STACK", help="Name of the stack.")],
    *,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit status 1 if anything would change."),
    ] = False,
) -> ExitCode:
    """Ask each image's registry for the digest of its tag, and write them into STACK's file.

    Comments and order of the file stay. Nothing is written unless every registry answers. Logins
    come from Docker's config.json.
    """
    # Requests and the program take a second to load, which no other command should wait for.
    from . import pin

    checked = checked_stack(find_project(Path.cwd()), stack, allow_tags=True)
    with working(f"Asking the registries about the images of {stack}"):
        resolved = pin.resolve_stack(checked, os.environ)
    changed = [each for each in resolved if each.changed]
    if changed and not check:
        pin.write(checked, changed)
    for line in pin.report(checked, resolved, written=not check):
        typer.echo(line)
    return ExitCode.ERROR if changed and check else ExitCode.DONE
