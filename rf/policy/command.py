"""``rf policy`` on the command line."""

import json
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..errors import BadInputError
from ..exit_codes import ExitCode
from ..garbage import no_garbage_collection

app = typer.Typer()


class PodSecurityLevel(Enum):
    """Levels of the Pod Security Standards that forbid anything."""

    BASELINE = "baseline"
    RESTRICTED = "restricted"


@app.callback()
def policy() -> None:
    """Apply the policy packs."""


@app.command()
def check(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="YAML or JSON files, or folders.")
    ],
    *,
    pack: Annotated[
        str | None, typer.Option("--pack", metavar="P", help="One pack; all by default.")
    ] = None,
    level: Annotated[
        PodSecurityLevel | None,
        typer.Option("--level", help="Only this level's Pod Security rules."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> ExitCode:
    """Check the Kubernetes objects in PATH... against the policies, without Pulumi.

    With --level, the Pod Security rules are those of that level; without --pack, they are the only
    ones. Waivers do not count, since they belong to stacks. Exit status: 0 clean, 9 a mandatory
    policy is violated, 1 something cannot be read (the rest is checked nevertheless).
    """
    # The rules take a moment to load, which no other command should wait for.
    from . import files_report, selection
    from .files import read_objects
    from .judge import judge

    rules = selection.rules(pack, level.value if level else None)
    with no_garbage_collection():
        found = read_objects(paths)
        verdict = judge(found.resources, rules)
    if as_json:
        document = files_report.document(verdict, found)
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        files_report.show(verdict, found)
    if found.unreadable:
        lines = [f"{path}: {reason}" for path, reason in found.unreadable.items()]
        raise BadInputError("\n".join(["cannot be read:", *lines]))
    return ExitCode.POLICY if verdict.blocks else ExitCode.DONE
