"""Panels as Grafana writes them: queries, units, thresholds, and what to say without data."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from alerts.rules import EVERYTHING, alerts
from alerts.runbooks import SPECIAL, fires
from components.thresholds import THRESHOLDS

from . import promql
from .model import Query
from .sdk import (
    PromQueryFormat,
    TextMode,
    common,
    dashboard,
    models,
    options,
    prometheus,
    stat,
    statetimeline,
    table,
    text,
    timeseries,
)
from .variables import DATASOURCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Kind, Panel, State

    Builder = stat.Panel | statetimeline.Panel | table.Panel | text.Panel | timeseries.Panel
    Measured = TypeVar("Measured", stat.Panel, statetimeline.Panel, table.Panel, timeseries.Panel)

SEVERITIES = {alert.name: alert.severity for alert in alerts(EVERYTHING)}
COLOURS = {"critical": "red", "warning": "orange", "info": "blue"}
FINE = "green"
MORE_THAN_NOTHING = 1e-9
"""Grafana colours from a value on, and an alert above 0 does not fire at 0."""
UNKNOWN = models.SpecialValueMap(
    options=models.DashboardSpecialValueMapOptions(
        match=models.SpecialValueMatch.NA_N,
        result=models.ValueMappingResult(text="idle", color="text", index=0),
    )
)
"""A share or a quantile of nothing is no number."""


def panel(described: Panel) -> Builder:
    """The builder of ``described``; it has neither a place nor a number yet."""
    made: Builder
    match described.kind:
        case "text":
            return (
                text.Panel()
                .title(described.title)
                .description(described.description)
                .transparent(transparent=True)
                .mode(TextMode.MARKDOWN)
                .content(described.text)
            )
        case "stat":
            made = _measured(_stat(described), described)
        case "states":
            made = _measured(_states(), described)
        case "table":
            made = _measured(_table(), described)
        case _:
            made = _measured(_lines(described), described)
    return made


def _measured(made: Measured, described: Panel) -> Measured:
    """What every panel with queries has."""
    mappings: list[models.ValueMapping] = [UNKNOWN]
    if described.states:
        mappings.append(models.ValueMap(options=_results(described.states)))
    made.title(described.title).description(_explained(described)).datasource(DATASOURCE)
    made.unit(described.unit).no_value(described.no_data).mappings(mappings)
    made.thresholds(_steps(described.alerts))
    if not described.log:
        made.min(0)
    if described.decimals is not None:
        made.decimals(described.decimals)
    if described.maximum is not None:
        made.max(described.maximum)
    for index, query in enumerate(_queries(described)):
        made.with_target(_target(query, index, described.kind))
    return made


def _explained(described: Panel) -> str:
    """The description, and when each alert on the same quantity fires by default."""
    sentences = (
        f"{alert} fires {SPECIAL.get(alert) or fires(THRESHOLDS[alert])}."
        for alert in described.alerts
    )
    return " ".join((described.description, *sentences))


def _target(query: Query, index: int, kind: Kind) -> prometheus.Dataquery:
    made = (
        prometheus.Dataquery()
        .ref_id(chr(ord("A") + index))
        .datasource(DATASOURCE)
        .expr(query.expr)
        .legend_format(query.legend or "__auto")
    )
    if kind == "table":
        return made.instant().format(PromQueryFormat.TABLE)
    return made.instant() if kind == "stat" else made.range()


def _queries(described: Panel) -> tuple[Query, ...]:
    """Those of the panel and, in a graph, a line where each alert fires in this stack."""
    if described.kind not in ("lines", "stacked"):
        return described.queries
    lines = (Query(expr=promql.threshold(alert), legend=alert) for alert in described.alerts)
    return (*described.queries, *lines)


def _results(states: Mapping[int, State]) -> dict[str, models.ValueMappingResult]:
    return {
        str(value): models.ValueMappingResult(text=state.text, color=state.colour, index=index)
        for index, (value, state) in enumerate(states.items(), start=1)
    }


def _steps(names: tuple[str, ...]) -> dashboard.ThresholdsConfig:
    """Colours that change where the alerts fire by default."""
    found = sorted((THRESHOLDS[name].value, name) for name in names if name not in SPECIAL)
    below = any(THRESHOLDS[name].side == "below" for _, name in found)
    colours = [COLOURS[SEVERITIES[name]] for _, name in found]
    steps = [*colours, FINE] if below else [FINE, *colours]
    values = [None, *(value or MORE_THAN_NOTHING for value, _ in found)]
    return (
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps(
            [
                models.Threshold(value=value, color=colour)
                for value, colour in zip(values, steps, strict=True)
            ]
        )
    )


def _lines(described: Panel) -> timeseries.Panel:
    made = (
        timeseries.Panel()
        .line_width(1)
        .fill_opacity(60 if described.kind == "stacked" else 0 if described.log else 8)
        .show_points(options.VisibilityMode.NEVER)
        .span_nulls(span_nulls=False)
        .legend(
            common.VizLegendOptions()
            .display_mode(options.LegendDisplayMode.LIST)
            .placement(options.LegendPlacement.BOTTOM)
            .show_legend(show_legend=True)
        )
        .tooltip(
            common.VizTooltipOptions()
            .mode(options.TooltipDisplayMode.MULTI)
            .sort(options.SortOrder.DESCENDING)
        )
    )
    if described.kind == "stacked":
        made.stacking(common.StackingConfig().mode(options.StackingMode.NORMAL).group("A"))
    if described.unit == "short":
        made.axis_soft_max(1)
    if described.steps:
        made.line_interpolation(options.LineInterpolation.STEP_AFTER)
    if described.log:
        made.scale_distribution(
            common.ScaleDistributionConfig().type(options.ScaleDistribution.LOG).log(10)
        )
    for alert in described.alerts:
        made.override_by_name(alert, _dashed(COLOURS[SEVERITIES[alert]]))
    return made


def _dashed(colour: str) -> list[models.DynamicConfigValue]:
    looks = {
        "color": {"mode": "fixed", "fixedColor": colour},
        "custom.lineStyle": {"fill": "dash", "dash": [8, 6]},
        "custom.fillOpacity": 0,
        "custom.stacking": {"mode": "none", "group": "thresholds"},
    }
    return [models.DynamicConfigValue(id_val=name, value=value) for name, value in looks.items()]


def _stat(described: Panel) -> stat.Panel:
    coloured = bool(described.alerts or described.states)
    return (
        stat.Panel()
        .graph_mode(options.BigValueGraphMode.NONE)
        .color_mode(options.BigValueColorMode.VALUE if coloured else options.BigValueColorMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False))
    )


def _states() -> statetimeline.Panel:
    return (
        statetimeline.Panel()
        .show_value(options.VisibilityMode.NEVER)
        .row_height(0.8)
        .merge_values(merge_values=True)
        .legend(
            common.VizLegendOptions()
            .display_mode(options.LegendDisplayMode.LIST)
            .placement(options.LegendPlacement.BOTTOM)
            .show_legend(show_legend=True)
        )
    )


def _table() -> table.Panel:
    """One row a series, one column a label."""
    return table.Panel().with_transformation(
        models.DataTransformerConfig(
            id_val="organize", options={"excludeByName": {"Time": True, "__name__": True}}
        )
    )
