"""``rf cost`` on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..plan.tree import console
from ..project import find_project

if TYPE_CHECKING:
    from ..project import Project
    from .hints import Measured
    from .stack_cost import StackCost


def cost(  # noqa: PLR0913 the options are keyword-only
    stacks: Annotated[
        list[str] | None,
        typer.Argument(metavar="STACK", help="Stacks to estimate; all when none is named."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the estimate as JSON.")] = False,
    savings: Annotated[
        bool, typer.Option("--savings", help="Work out what would make it cheaper.")
    ] = False,
    hit_rate: Annotated[
        float | None,
        typer.Option(min=0, max=100, metavar="PERCENT", help="Requests that your cache answers."),
    ] = None,
    batch_gain: Annotated[
        float | None,
        typer.Option(min=1, metavar="FACTOR", help="Times as many requests with your batching."),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            "--refresh", metavar="REGION", help="Take all its prices of today from AWS first."
        ),
    ] = None,
) -> None:
    """Estimate what each stack costs a month, from the price table in the repository.

    A price that is neither in the table nor in the stack file is listed as not counted. With
    --refresh the table of a region is written anew first, and what changed is shown.
    """
    if region is not None:
        _refresh(region)
    wanted = savings or hit_rate is not None or batch_gain is not None
    # The program takes a second to load, which no other command should wait for.
    from . import report
    from .hints import Measured

    measured = Measured(
        hit_rate=None if hit_rate is None else Decimal(str(hit_rate)) / 100,
        batch_gain=None if batch_gain is None else Decimal(str(batch_gain)),
    )
    found = _estimate(find_project(Path.cwd()), stacks, measured, with_hints=wanted)
    if as_json:
        typer.echo(report.to_json(found))
        return
    screen = console()
    for each in found:
        screen.print(report.render(each))


def _refresh(region: str) -> None:
    import boto3  # half a second

    from .price_list import ENDPOINT_REGION
    from .refresh import refresh, render

    client = boto3.client("pricing", region_name=ENDPOINT_REGION)
    rows = refresh(region, datetime.now(UTC).date(), client)
    console(stderr=True).print(render(region, rows))


def _estimate(
    project: Project, stacks: list[str] | None, measured: Measured, *, with_hints: bool
) -> list[StackCost]:
    from ..stacks import checked_stack, infrastructure_of
    from .stack_cost import infrastructure_cost, stack_cost

    def cost_of(name: str) -> StackCost:
        if found := infrastructure_of(project, name):
            return infrastructure_cost(name, found)
        checked = checked_stack(project, name, allow_tags=True)
        return stack_cost(name, checked.stack, measured, with_hints=with_hints)

    return [cost_of(name) for name in dict.fromkeys(project.chosen(stacks or ()))]
