"""``rf plan --diff``: both revisions planned, compared, and told as asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ..exit_codes import ExitCode
from ..progress import working
from . import machine
from .markdown import comment
from .revision import differs, revision
from .sides import compare_stacks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..project import Project
    from .stack import StackDiff


def report(
    project: Project, ref: str, stacks: Sequence[str], *, as_json: bool, markdown: Path | None
) -> ExitCode:
    """Tell what the working tree does to each stack that ``ref`` does not.

    The comment goes to the file ``markdown``, or to stdout where nothing else does. ERROR when a
    stack does not plan, POLICY when one is refused; that it did not plan before is no error.
    """
    with working(f"Planning {ref} and the working tree"), revision(project.root, ref) as base:
        diffs = compare_stacks(base.folder, project, stacks)
        changed = differs(project.root, base, "policies")
    text = comment(diffs, f"{base.name} ({base.commit[:12]})", rules_changed=changed)
    if markdown:
        markdown.write_text(text, encoding="utf-8")
    if as_json:
        typer.echo(machine.to_json(diffs, base, rules_changed=changed))
    elif not markdown:
        typer.echo(text, nl=False)
    return _status(diffs)


def _status(diffs: Sequence[StackDiff]) -> ExitCode:
    if any(diff.head.failure for diff in diffs):
        return ExitCode.ERROR
    blocked = any(each.blocks for diff in diffs for each in diff.findings)
    return ExitCode.POLICY if blocked else ExitCode.DONE
