"""``rf health`` on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..exit_codes import ExitCode
from ..plan.tree import console
from ..project import find_project
from ..stacks import checked_stack

if TYPE_CHECKING:
    from ..stacks import CheckedStack
    from .host import Minimum
    from .rows import Row


def health(
    *,
    stack: Annotated[
        str | None,
        typer.Option("--stack", "-s", metavar="STACK", help="The stack to ask; local by default."),
    ] = None,
    host: Annotated[
        bool, typer.Option("--host", help="Check this machine instead of what runs.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> ExitCode:
    """Ask every service of a stack whether it is well, and Prometheus about the rest.

    With --host, check this machine against the guide's minimum, or with --stack against what that
    stack may use. Exit status: 0 healthy, 8 unhealthy, 1 bad input.
    """
    # Both take a moment to load, which no other command should wait for.
    from . import report
    from .rows import healthy

    if host:
        subject, rows, deploy = "this machine", _host(stack), None
    else:
        subject = stack or "local"
        rows = _stack(checked_stack(find_project(Path.cwd()), subject, allow_tags=True))
        deploy = f"rf up {subject}"
    if as_json:
        typer.echo(report.to_json(subject, rows))
    else:
        console().print(report.render(subject, rows, deploy=deploy))
    return ExitCode.DONE if healthy(rows) else ExitCode.UNHEALTHY


def _stack(checked: CheckedStack) -> list[Row]:
    from . import wiring
    from .examine import Examination, not_reached
    from .reach import ReachError

    stack = checked.stack
    runbooks = stack.settings.services.prometheus.alerts.runbooks_url or "docs/runbooks"
    try:
        reach = wiring.reach(checked)
    except ReachError as error:
        return [not_reached(error)]
    return Examination(specs=stack.specs, reach=reach, runbooks=runbooks).rows()


def _host(stack: str | None) -> list[Row]:
    from .host import Minimum, judged
    from .measure import measure

    minimum = Minimum() if stack is None else _needs(stack)
    return judged(measure(), minimum)


def _needs(stack: str) -> Minimum:
    from .host import Minimum

    found = checked_stack(find_project(Path.cwd()), stack, allow_tags=True).stack.settings
    if found.gpu is None:
        return Minimum(capacity=found.capacity)
    return Minimum(capacity=found.capacity, gpu=found.gpu, needs_gpu=True)
