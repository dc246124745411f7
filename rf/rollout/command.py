"""``rf rollout`` on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec

import typer

from ..errors import BadInputError
from ..exit_codes import ExitCode  # noqa: TC001 typer reads it
from ..project import find_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from .wiring import Wiring

app = typer.Typer()
Given = ParamSpec("Given")

StackName = Annotated[str, typer.Option("--stack", "-s", metavar="S", help="Name of the stack.")]
Commits = Annotated[bool, typer.Option("--commit", help="Commit the stack file afterwards.")]
Branch = Annotated[
    str | None,
    typer.Option(metavar="B", help="Commit on a branch of its own, for a pull request."),
]
UP_SECONDS = 1800
"""How long one deployment may take until it counts as hanging."""


@app.callback(invoke_without_command=True)
def rollout(  # noqa: PLR0913 each is an option
    context: typer.Context,
    *,
    feature: Annotated[str | None, typer.Option(metavar="F", help="The feature.")] = None,
    target: Annotated[
        str | None,
        typer.Option("--target-percentage", metavar="N", help="Per cent of users, 0 to 100."),
    ] = None,
    service: Annotated[str | None, typer.Option(metavar="X", help="The service.")] = None,
    image: Annotated[str | None, typer.Option(metavar="REF", help="Its new image.")] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting of it that changes."),
    ] = None,
    steps: Annotated[
        str, typer.Option(metavar="10,50,100", help="Per cent at each step; of the settings.")
    ] = "",
    stack: StackName = "local",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen; change nothing at all.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Ask no questions.")] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Take the feature back to what it was.")
    ] = False,
    commit: Commits = False,
    branch: Branch = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say more.")] = False,
) -> ExitCode | None:
    """Bring a feature, or a new version of a service, to its users step by step.

    Each step waits for evidence from real traffic; a bad version is taken back by itself. Exit
    status: 0 done, 1 bad input, 3 paused, 4 another controller is at work, 5 not begun because of
    what was found before, 6 a rollback failed, 7 rolled back.
    """
    if context.invoked_subcommand is not None:
        return None
    # The program and its SDKs take seconds to load, which --help need not wait for.
    from . import begin

    wanted = begin.Wanted(
        feature=feature,
        target=_whole(target),
        service=service,
        image=image,
        assignments=tuple(assignments or ()),
        steps=steps,
        dry_run=dry_run,
        force=force,
        rollback=rollback,
        commits=_commits(branch, commit=commit),
        verbose=verbose,
    )
    return _told(begin.begin, _wiring(stack, may_read_state=not dry_run), wanted)


@app.command()
def status(
    *,
    stack: StackName = "local",
    watch: Annotated[bool, typer.Option("--watch", help="Until it ends or waits.")] = False,
) -> ExitCode:
    """Where the last rollout stands."""
    from . import look

    return _told(look.status, _wiring(stack), watch=watch)


@app.command()
def pause(*, stack: StackName = "local") -> ExitCode:
    """Let the running rollout stay where it is."""
    from . import begin

    return _told(begin.pause, _wiring(stack))


@app.command()
def resume(
    *,
    stack: StackName = "local",
    commit: Commits = False,
    branch: Branch = None,
    interrupted: Annotated[
        bool, typer.Option("--interrupted", help="Only if its controller ended; not if paused.")
    ] = False,
) -> ExitCode:
    """Go on with a paused rollout, or with one whose controller has ended. Safe to repeat."""
    from . import begin

    act = begin.resume_interrupted if interrupted else begin.resume
    return _told(act, _wiring(stack), commits=_commits(branch, commit=commit))


@app.command("candidates")
def list_candidates(
    *,
    proven: Annotated[str, typer.Option("--from", metavar="S", help="The stack that has them.")],
    stack: StackName = "local",
) -> None:
    """The versions that --from runs and --stack does not: a service and an image in each line."""
    from ..stacks import checked_stack
    from .candidates import candidates

    project = find_project(Path.cwd())
    old, new = (checked_stack(project, name, allow_tags=True).stack for name in (stack, proven))
    for each in candidates(new.settings, old.settings):
        typer.echo(f"{each.service} {each.image}")


@app.command()
def abort(
    *, stack: StackName = "local", commit: Commits = False, branch: Branch = None
) -> ExitCode:
    """Take the rollout back."""
    from .operation import do_or_ask

    return _told(do_or_ask, _wiring(stack), "abort", commits=_commits(branch, commit=commit))


@app.command()
def promote(
    *, stack: StackName = "local", commit: Commits = False, branch: Branch = None
) -> ExitCode:
    """Go to the next step without waiting for evidence; refused while the verdict is fail."""
    from .operation import do_or_ask

    return _told(do_or_ask, _wiring(stack), "promote", commits=_commits(branch, commit=commit))


@app.command()
def replay(
    bundle: Annotated[
        str, typer.Argument(metavar="BUNDLE", help="A file, or the SHA-256 of a verdict.")
    ],
    *,
    stack: StackName = "local",
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the bundle in a file, too.")
    ] = None,
) -> ExitCode:
    """Judge recorded evidence again: the same verdict, wherever and whenever."""
    from . import look

    if Path(bundle).is_file():
        return _told(look.replay_file, Path(bundle), typer.echo)
    return _told(look.replay_recorded, _wiring(stack), bundle, save)


def _whole(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.lstrip("-").isdecimal():
        raise BadInputError(f"--target-percentage is {text}; use a whole number from 0 to 100")
    return int(text)


def _commits(branch: str | None, *, commit: bool) -> str | None:
    """The branch to commit on, "" for the current one, None for no commit."""
    if branch is not None and not branch:
        raise BadInputError("--branch is empty; give the name of a branch")
    return branch or ("" if commit else None)


def _wiring(stack: str, *, may_read_state: bool = True) -> Wiring:
    from ..deploy.deployment import shell_tools
    from .clock import SystemClock
    from .wiring import Wiring as Opened

    return Opened(
        project=find_project(Path.cwd()),
        name=stack,
        tools=shell_tools(UP_SECONDS),
        clock=SystemClock(),
        say=typer.echo,
        may_read_state=may_read_state,
    )


def _told(
    act: Callable[Given, ExitCode], *arguments: Given.args, **options: Given.kwargs
) -> ExitCode:
    from .operation import EndedError, told

    try:
        with told():
            return act(*arguments, **options)
    except EndedError as error:
        typer.echo(f"{typer.style('error:', fg='red', bold=True)} {error}", err=True)
        return error.status
