"""``rf plan``: what each stack would create, told without credentials."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from ..errors import BadInputError
from ..exit_codes import ExitCode
from ..progress import working
from ..project import Project, find_project
from . import machine, manifests, run, tree
from .model import Plan

FOLDER = Path(".rf/manifests")


def plan(  # noqa: PLR0913 each is an option
    stacks: Annotated[
        list[str] | None,
        typer.Argument(metavar="STACK", help="Stacks to plan; all when none is named."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
    diff: Annotated[
        str | None,
        typer.Option("--diff", metavar="REF", help="Tell what differs from a git revision."),
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option("--markdown", metavar="FILE", help="Where the difference goes, not stdout."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--manifests", metavar="DIR", help=f"Where manifests go, if not {FOLDER}."),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="A line for every resource.")
    ] = False,
) -> ExitCode:
    """Show what each stack would create, with no engine, account, cluster or key.

    The full manifests are written to a folder for each stack. Secrets are never read: encrypted
    values stay encrypted, and missing ones are listed. Exit status 9: the policies refuse a stack.

    With --diff, REF and the working tree are planned side by side and compared, as a comment for
    reviewers in Markdown or, with --json, as data. Exit status 0 with and without differences,
    1 a stack of the working tree does not plan (the comment says why), 9 as above.
    """
    if diff is not None:
        from ..diff.report import report as tell

        found = find_project(Path.cwd())
        return tell(found, diff, stacks or (), as_json=as_json, markdown=markdown)
    if markdown is not None:
        raise BadInputError("--markdown is about a difference; name a revision with --diff REF")
    # The rules take a moment to load, which no other command should wait for.
    from ..policy import report
    from ..policy.planned import judge_plan

    project = find_project(Path.cwd())
    plans = _plan(project, project.chosen(stacks or ()))
    written = _write(plans, folder or project.root / FOLDER)
    verdicts = {each.stack: judge_plan(each) for each in plans}
    if as_json:
        policies = {stack: report.verdict_data(each) for stack, each in verdicts.items()}
        typer.echo(machine.to_json(project.name, plans, written, policies))
    else:
        told = {stack: tuple(report.lines(each)) for stack, each in verdicts.items()}
        _show(plans, written, told, verbose=verbose)
    blocked = any(verdict.blocks for verdict in verdicts.values())
    return ExitCode.POLICY if blocked else ExitCode.DONE


def _plan(project: Project, stacks: Sequence[str]) -> tuple[Plan, ...]:
    with working(f"Planning {', '.join(stacks)}"):
        return run.plan_stacks(project, stacks)


def _show(
    plans: Sequence[Plan],
    written: Mapping[str, manifests.Written],
    policies: Mapping[str, Sequence[Text]],
    *,
    verbose: bool,
) -> None:
    console = tree.console()
    for each in plans:
        found = written.get(each.stack)
        console.print(tree.render(each, manifests=found, verbose=verbose, width=console.width))
        for line in policies[each.stack]:
            console.print(line, soft_wrap=True)
        console.print()


def _write(plans: Sequence[Plan], folder: Path) -> dict[str, manifests.Written]:
    """What was written for each stack that has any manifests, by stack."""
    rendered = {plan.stack: manifests.render(plan) for plan in plans}
    manifests.write({folder / stack: files for stack, files in rendered.items()})
    return {
        stack: manifests.Written(folder=_from_here(folder / stack), files=len(files))
        for stack, files in rendered.items()
        if files
    }


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
