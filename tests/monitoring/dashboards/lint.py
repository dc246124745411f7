"""What is wrong with a board: the rules of Grafana's dashboard-linter, and some of our own.

Its rules (v0.2.0) are for data source, job and instance variables and their use, panels' data
source, title, description, unit and queries, PromQL, rate intervals, counters, and read-only
boards. Ours: text without data, links, annotations, and that every metric exists.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import promql_parser
from grafana_foundation_sdk.models import units

from alerts.model import Record
from alerts.rules import EVERYTHING, groups
from alerts.runbooks import BOARDS
from tests.monitoring import lint
from tests.monitoring.catalogue import catalogue
from tests.monitoring.dashboards.queries import filled
from tests.monitoring.promql import selections

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]

RULES = [rule for group in groups(EVERYTHING) for rule in group.rules]
RECORDED = {rule.name for rule in RULES if isinstance(rule, Record)} | {"ALERTS"}
# Pushed with labels of their own: neither job nor instance says where they come from.
PUSHED = re.compile(r"rollout_|faiss_backup_")
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
UNITS = {value for name, value in vars(units).items() if name[0].isupper() and type(value) is str}
ON_TIME_RANGE_CHANGE = 2
FIXED_WINDOWS = frozenset({"increase", "changes", "deriv", "sum_over_time"})
"""Functions whose window may be what the panel is about: an hour, a day."""


def problems(uid: str, board: Json) -> list[str]:
    """A sentence for each thing that is wrong with ``board``."""
    found = [*_board(board), *_variables(board), *_links(uid, board), *_annotations(board)]
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    numbers = [panel["id"] for panel in board["panels"]]
    if len(set(numbers)) != len(numbers):
        found.append("two panels have the same number")
    for panel in panels:
        title = panel.get("title") or f"panel {panel['id']}"
        sentences = [*_panel(panel)]
        for target in panel.get("targets", ()):
            sentences += _target(uid, target["expr"])
        found += [f"{title}: {sentence}" for sentence in sentences]
    return found


def _board(board: Json) -> Iterator[str]:
    if board.get("editable") is not False:
        yield "people can edit it in Grafana, and the next deployment undoes it"
    if not board.get("description"):
        yield "it has no description"


def _variables(board: Json) -> Iterator[str]:
    variables = {each["name"]: each for each in board["templating"]["list"]}
    if variables.get("datasource", {}).get("type") != "datasource":
        yield "no variable for the data source"
    for name, label in (("job", "Job"), ("instance", "Instance")):
        each = variables.get(name, {})
        if each.get("label") != label or not each.get("multi") or each.get("allValue") != ".+":
            yield f"the variable {name} does not choose among several, or all by .+"
    if "service" not in variables:
        yield "no variable for the service"
    for each in variables.values():
        if each["type"] != "query":
            continue
        if each.get("datasource") != SOURCE:
            yield f"the variable {each['name']} has a data source of its own"
        if each.get("refresh") != ON_TIME_RANGE_CHANGE:
            yield f"the variable {each['name']} stays as it was when the time changes"
        asked = re.fullmatch(r"label_values\((.+), \w+\)", each["query"])
        if not asked or not _parses(asked[1].replace("$job", ".+")):
            yield f"the variable {each['name']} is no label_values(PromQL, label)"


def _links(uid: str, board: Json) -> Iterator[str]:
    urls = {each["url"].partition("?")[0]: each for each in board.get("links", ())}
    for other in BOARDS:
        each = urls.get(f"/d/{other}")
        if other == uid:
            continue
        if each is None:
            yield f"no link to {other}"
        elif not each["keepTime"] or not all(
            f"${{{name}:queryparam}}" in each["url"] for name in ("datasource", "service")
        ):
            yield f"the link to {other} loses the time, the data source or the service"


def _annotations(board: Json) -> Iterator[str]:
    names = {each["name"] for each in board.get("annotations", {}).get("list", ())}
    for name in ("Alerts", "Rollouts"):
        if name not in names:
            yield f"no annotation for {name}"


def _panel(panel: Json) -> Iterator[str]:
    if not panel.get("title"):
        yield "no title"
    if not panel.get("description"):
        yield "no description"
    if panel["type"] == "text":
        return
    defaults = panel["fieldConfig"]["defaults"]
    if panel.get("datasource") != SOURCE:
        yield "a data source of its own"
    if defaults.get("unit") not in UNITS:
        yield f"{defaults.get('unit')!r} is no unit of Grafana's"
    if not defaults.get("noValue"):
        yield "it does not say what it means when there is nothing"
    if not panel.get("targets"):
        yield "no query"
    for target in panel.get("targets", ()):
        if target.get("datasource") != SOURCE:
            yield f"query {target['refId']} has a data source of its own"


def _target(uid: str, expr: str) -> Iterator[str]:
    for window in re.findall(r"(\w+)\([^()]*\[(\d+\w)\]", expr):
        if window[0] not in FIXED_WINDOWS:
            yield f"{window[0]} over {window[1]}; take $__rate_interval"
    whole = filled(expr, uid)
    if not _parses(whole):
        yield f"no PromQL: {whole}"
        return
    yield from _choices(expr, whole)
    known = catalogue()
    (record,) = [Record(name="it", expr=whole)]
    for sentence in lint.problems([*RULES, record], known, EVERYTHING):
        if sentence.startswith("it: ") and "nothing exposes ALERTS" not in sentence:
            yield sentence.removeprefix("it: ")
    for each in selections(whole):
        kinds = {metric.kind for metric in known.get(each.name, ())}
        if kinds and kinds <= {"counter", "histogram"} and not each.seconds:
            yield f"{each.name} counts since its process started; take a rate"


def _choices(expr: str, whole: str) -> Iterator[str]:
    """Every scraped series is narrowed to what was chosen."""
    for each in selections(whole):
        if each.name in RECORDED or PUSHED.match(each.name) or "rds_version" in each.name:
            continue
        for name in ("job", "instance"):
            if (name, ".+") not in each.matchers or f'{name}=~"${name}"' not in expr:
                yield f"{each.name} does not follow the variable {name}"


def _parses(expr: str) -> bool:
    try:
        promql_parser.parse(expr)
    except ValueError:
        return False
    return True
