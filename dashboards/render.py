"""Boards as Grafana reads them: its classic JSON, which is what it loads from files.

Ours are ``model``'s; here they become the builders of Grafana's own Python library.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from alerts.runbooks import BOARDS

from .layout import placed
from .panels import panel
from .sdk import JSONEncoder, dashboard, models, prometheus
from .variables import DATASOURCE, variables

if TYPE_CHECKING:
    from .model import Board

TAG = "researchflow"
BESIDE_THE_TITLE = ""
"""The library's own default hides links and annotations in a menu."""


def board_json(board: Board) -> str:
    """The text of one file in ``dashboards/generated``."""
    found: dict[str, Any] = json.loads(json.dumps(_dashboard(board).build(), cls=JSONEncoder))
    return json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _dashboard(board: Board) -> dashboard.Dashboard:
    made = (
        dashboard.Dashboard(BOARDS[board.uid])
        .uid(board.uid)
        .description(board.description)
        .tags([TAG])
        .readonly()
        .refresh("30s")
        .time(board.time, "now")
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
    )
    for variable in variables(board):
        made.with_variable(variable)
    for uid in BOARDS:
        if uid != board.uid:
            made.link(_link(uid))
    for annotation in (_rollouts(), _routes(), _alerts()):
        made.annotation(annotation)
    number = 0
    for row, heading, panels in placed(board):
        number += 1
        made.with_row(dashboard.Row(row.title).id(number).grid_pos(heading))
        for each, place in panels:
            number += 1
            made.with_panel(panel(each).id(number).grid_pos(place))
    return made


def _link(uid: str) -> dashboard.DashboardLink:
    """To another board, with what means the same there.

    Jobs and instances do not: the gateway's address on one board selects nothing on another.
    """
    return (
        dashboard.DashboardLink(BOARDS[uid])
        .type(models.DashboardLinkType.LINK)
        .icon("dashboard")
        .url(f"/d/{uid}?${{datasource:queryparam}}&${{service:queryparam}}")
        .keep_time(keep_time=True)
        .placement(BESIDE_THE_TITLE)
    )


def _annotation(name: str, expr: str, colour: str) -> dashboard.AnnotationQuery:
    query = prometheus.Dataquery().expr(expr).ref_id("Anno").datasource(DATASOURCE).range()
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(DATASOURCE)
        .enable(enable=True)
        .icon_color(colour)
        .expr(expr)
        .target(query)
        .step("60s")
        .placement(BESIDE_THE_TITLE)
    )


def _rollouts() -> dashboard.AnnotationQuery:
    """The value is the time of the event, in ms."""
    since = 'rollout_state_since_timestamp_seconds{service=~"$service"}'
    return (
        _annotation("Rollouts", f"1000 * max by (service, feature, state) ({since})", "blue")
        .use_value_for_time(use_value_for_time=True)
        .title_format("{{service}}{{feature}}: {{state}}")
    )


def _routes() -> dashboard.AnnotationQuery:
    changed = "changes(envoy_http_rds_version[$__rate_interval])"
    return _annotation(
        "Routes", f"max by (envoy_rds_route_config) ({changed}) > 0", "purple"
    ).title_format("new routes of {{envoy_rds_route_config}}")


def _alerts() -> dashboard.AnnotationQuery:
    firing = 'ALERTS{alertstate="firing", alertname!="Watchdog"}'
    return (
        _annotation("Alerts", f"max by (alertname, service, severity) ({firing})", "red")
        .title_format("{{alertname}}: {{service}}")
        .tag_keys("severity")
    )
