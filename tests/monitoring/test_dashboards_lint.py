"""Our boards keep to good practice, and one that does not would be found."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alerts.rules import EVERYTHING, alerts
from alerts.runbooks import BOARDS as TITLES
from components.thresholds import THRESHOLDS
from dashboards.__main__ import FOLDER, ROOT, main, present, rendered
from dashboards.boards import BOARDS as DESCRIBED
from rf.generated import stale, write
from tests.monitoring.dashboards.lint import problems
from tests.monitoring.dashboards.queries import BOARDS

if TYPE_CHECKING:
    from collections.abc import Callable

    Json = dict[str, Any]

PAGES = Path(__file__).parents[2] / "docs"
UNITS = {
    "ms": {"ms"},
    "ratio": {"percentunit"},
    "s": {"s"},
    "days": {"d"},
    "°C": {"celsius"},
    "requests": {"short"},
    "per second": {"ops"},
    "events": {"short", "none"},
    "burn rate": {"none"},
    "USD": {"currencyUSD"},
    "1": {"none", "short"},
}
"""Grafana's names for the units of thresholds."""


def panel(board: Json) -> Json:
    """The first one that draws a graph."""
    return next(each for each in board["panels"] if each["type"] == "timeseries")


def with_query(expr: str) -> Callable[[Json], None]:
    def change(board: Json) -> None:
        panel(board)["targets"][0]["expr"] = expr

    return change


CHOSEN = 'job=~"$job", instance=~"$instance"'

FAULTS: list[tuple[str, Callable[[Json], Any]]] = [
    ("people can edit it", lambda b: b.update(editable=True)),
    ("no description", lambda b: b.update(description="")),
    ("no variable for the data source", lambda b: b["templating"]["list"].pop(0)),
    ("variable job does not choose", lambda b: b["templating"]["list"][1].update(multi=False)),
    ("variable instance stays", lambda b: b["templating"]["list"][2].update(refresh=1)),
    ("no variable for the service", lambda b: b["templating"]["list"].pop(3)),
    ("no link to rollout", lambda b: b["links"].pop()),
    ("loses the time", lambda b: b["links"][0].update(keepTime=False)),
    ("no annotation for Alerts", lambda b: b["annotations"]["list"].pop()),
    ("no description", lambda b: panel(b).update(description="")),
    ("a data source of its own", lambda b: panel(b).update(datasource={"uid": "prometheus"})),
    ("is no unit", lambda b: panel(b)["fieldConfig"]["defaults"].update(unit="requests")),
    ("what it means", lambda b: panel(b)["fieldConfig"]["defaults"].update(noValue="")),
    ("no query", lambda b: panel(b).update(targets=[])),
    ("no PromQL", with_query("sum(")),
    ("take $__rate_interval", with_query(f"sum(rate(redis_commands_total{{{CHOSEN}}}[5m]))")),
    ("follow the variable job", with_query("sum(redis_up)")),
    ("take a rate", with_query(f"sum(redis_commands_total{{{CHOSEN}}})")),
    ("nothing exposes", with_query(f"sum(redis_hit_rate{{{CHOSEN}}})")),
    ("has not", with_query(f"sum by (model) (redis_up{{{CHOSEN}}})")),
]


@pytest.mark.parametrize("uid", TITLES)
def test_a_board_of_ours_keeps_to_every_rule(uid: str) -> None:
    assert problems(uid, BOARDS[uid]) == []


@pytest.mark.parametrize(("problem", "change"), FAULTS, ids=[fault for fault, _ in FAULTS])
def test_a_board_with_a_fault_is_found(problem: str, change: Callable[[Json], Any]) -> None:
    board = copy.deepcopy(BOARDS["ai-overview"])
    change(board)

    assert any(problem in sentence for sentence in problems("ai-overview", board))


def test_the_committed_boards_are_what_python_says() -> None:
    assert stale(ROOT, rendered(), present(ROOT)) == [], "run python -m dashboards"


def test_a_board_that_was_edited_by_hand_is_found(tmp_path: Path) -> None:
    write(tmp_path, rendered())
    edited, old = FOLDER / "rollout.json", FOLDER / "old.json"
    (tmp_path / edited).write_text("{}")
    (tmp_path / old).write_text("{}")

    assert stale(tmp_path, rendered(), present(tmp_path)) == [edited, old]


def test_an_unknown_option_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--chekc"]) == 1
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("alert", [a for a in alerts(EVERYTHING) if a.name != "Watchdog"])
def test_the_board_that_an_alert_links_to_shows_what_it_measures(alert: Any) -> None:
    (board,) = (board for board in DESCRIBED if board.uid == alert.dashboard)

    assert any(alert.name in panel.alerts for panel in board.panels)


def test_a_panel_has_the_unit_of_the_alerts_whose_lines_it_draws() -> None:
    wrong = [
        (panel.title, name)
        for board in DESCRIBED
        for panel in board.panels
        for name in panel.alerts
        if panel.unit not in UNITS[THRESHOLDS[name].unit]
    ]

    assert wrong == []


def test_a_graph_draws_the_line_of_each_of_its_alerts_as_a_dashed_one() -> None:
    for board in DESCRIBED:
        drawn = {each["title"]: each for each in BOARDS[board.uid]["panels"]}
        for panel in (each for each in board.panels if each.kind in ("lines", "stacked")):
            legends = [target["legendFormat"] for target in drawn[panel.title]["targets"]]
            dashed = [
                each["matcher"]["options"]
                for each in drawn[panel.title]["fieldConfig"]["overrides"]
            ]
            assert dashed == list(panel.alerts) == legends[len(panel.queries) :]


def test_a_number_changes_colour_where_its_alert_fires() -> None:
    (board,) = (board for board in DESCRIBED if board.uid == "ai-overview")
    drawn = {each["title"]: each for each in BOARDS["ai-overview"]["panels"]}
    (panel,) = (each for each in board.panels if each.title == "Failed, worst service")

    steps = drawn[panel.title]["fieldConfig"]["defaults"]["thresholds"]["steps"]

    assert [(step["value"], step["color"]) for step in steps] == [
        (None, "green"),
        (THRESHOLDS["HighErrorRate"].value, "orange"),
        (THRESHOLDS["CriticalErrorRate"].value, "red"),
    ]


def test_panels_do_not_cover_each_other() -> None:
    for board in BOARDS.values():
        taken = [
            (x, y)
            for each in (panel["gridPos"] for panel in board["panels"])
            for x in range(each["x"], each["x"] + each["w"])
            for y in range(each["y"], each["y"] + each["h"])
        ]
        assert len(taken) == len(set(taken))
        assert all(x < 24 for x, _ in taken)


def test_every_board_is_shown_where_readers_look() -> None:
    page = (PAGES / "dashboards.md").read_text()

    assert "(docs/dashboards.md)" in (PAGES.parent / "README.md").read_text()
    for uid, title in TITLES.items():
        picture = f"images/dashboard-{uid}.png"
        assert f"## {title}\n" in page
        assert f"![{title}]({picture})" in page
        assert (PAGES / picture).is_file()
