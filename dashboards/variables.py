"""What can be chosen on a board: the data source, jobs, instances and services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.gateway.metrics import REQUESTS

from .sdk import dashboard, models, options

if TYPE_CHECKING:
    from .model import Board

    Variable = (
        dashboard.DatasourceVariable
        | dashboard.QueryVariable
        | dashboard.ConstantVariable
        | dashboard.TextBoxVariable
    )

DATASOURCE = options.DataSourceRef(type_val="prometheus", uid="${datasource}")


def variables(board: Board) -> tuple[Variable, ...]:
    """The variables of ``board``; every board has the first four."""
    among = f'{{job=~"{"|".join(board.jobs)}"}}' if board.jobs else ""
    numbers = (
        dashboard.TextBoxVariable(each.name)
        .label(each.label)
        .description(each.description)
        .default_value(each.value)
        .current(models.VariableOption(text=each.value, value=each.value))
        for each in board.numbers
    )
    return (
        dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"),
        _choice("job", "Job", f"label_values(up{among}, job)"),
        _choice("instance", "Instance", 'label_values(up{job=~"$job"}, instance)'),
        _service(board),
        *numbers,
    )


def _service(board: Board) -> Variable:
    if board.service:
        return dashboard.ConstantVariable("service").label("Service").value(board.service)
    return _choice("service", "Service", f"label_values({REQUESTS}, service)")


def _choice(name: str, label: str, query: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .query(query)
        .datasource(DATASOURCE)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".+")
        .current(models.VariableOption(text="All", value="$__all", selected=True))
    )
