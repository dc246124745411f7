"""Every query of every panel is executed by promtool, and finds data.

The series are made up in the shape of the recordings, the rules are all of ours, and it is one run
of promtool for each version of it that is at hand.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from alerts import groups, rule_file
from alerts.rules import EVERYTHING
from components.thresholds import THRESHOLDS
from tests.monitoring.catalogue import catalogue
from tests.monitoring.dashboards.queries import asked
from tests.monitoring.dashboards.series import platform
from tests.monitoring.promtool import SCRAPE, promtools

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MINUTES = 75
"""Longer than an hour, which some panels look back."""
STEPS = MINUTES * 4
SCRAPED_BY = frozenset({"instance", "pod", "node"})
# Pushed with labels of their own, so without an instance.
PUSHED_BY = frozenset({"job"})


def series() -> list[dict[str, str]]:
    """What promtool is to see: as many samples as scrapes in the time."""
    minutes = [step / 4 - MINUTES for step in range(STEPS + 1)]
    return [
        {
            "series": each.selector,
            "values": " ".join(
                "_" if value is None else f"{value:.10g}" for value in each.samples(minutes)
            ),
        }
        for each in platform(now=60 * MINUTES)
    ]


def run(program: str, folder: Path, expressions: Iterable[str]) -> str:
    """What promtool says; empty when each of the ``expressions`` is 1 at the end."""
    (folder / "rules.yml").write_text(rule_file(groups(EVERYTHING), EVERYTHING))
    test: dict[str, Any] = {
        "interval": SCRAPE,
        "input_series": series(),
        "promql_expr_test": [
            {
                "expr": expression,
                "eval_time": f"{MINUTES}m",
                "exp_samples": [{"labels": "{}", "value": 1}],
            }
            for expression in expressions
        ],
    }
    document = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": SCRAPE,
        "group_eval_order": [group.name for group in groups(EVERYTHING)],
        "tests": [test],
    }
    (folder / "tests.yml").write_text(yaml.dump(document, Dumper=yaml.CSafeDumper))
    found = subprocess.run(
        [program, "test", "rules", "tests.yml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if found.returncode == 0 else found.stdout + found.stderr


def has_data(expr: str) -> str:
    """1 when ``expr`` has a series that is a number; NaN is not equal to itself."""
    return f"count(({expr}) == ({expr})) > bool 0"


@pytest.mark.parametrize("major", ["2", "3"])
def test_every_query_of_every_panel_returns_data(major: str, tmp_path: Path) -> None:
    if major not in promtools():
        pytest.skip(f"no promtool {major}.x; scripts/promtool builds 3.x, Debian has 2.42")

    said = run(promtools()[major], tmp_path, [has_data(each.expr) for each in asked()])

    assert said == "", "\n".join(empty(said)) or said


def empty(said: str) -> list[str]:
    """The panels whose expressions are in promtool's complaint."""
    return [each.name for each in asked() if has_data(each.expr) in said]


@pytest.mark.parametrize("major", ["2", "3"])
def test_a_query_without_data_is_found(major: str, tmp_path: Path) -> None:
    if major not in promtools():
        pytest.skip(f"no promtool {major}.x; scripts/promtool builds 3.x, Debian has 2.42")

    said = run(promtools()[major], tmp_path, [has_data("no_such_series")])

    assert "no_such_series" in said


def test_made_up_series_have_the_labels_of_recorded_ones() -> None:
    known = catalogue()

    for each in platform(now=0):
        shapes = [metric.labels for metric in known[each.name]]
        needed = frozenset(each.labels) - SCRAPED_BY - {"uid"}
        assert any(needed <= shape for shape in shapes), f"{each.selector}: {shapes}"


def test_no_series_is_made_up_twice() -> None:
    selectors = [each.selector for each in platform(now=0)]

    assert len(selectors) == len(set(selectors))


def test_the_line_of_a_graph_is_the_number_that_the_alert_fires_at(tmp_path: Path) -> None:
    if not promtools():
        pytest.skip("no promtool; scripts/promtool builds 3.x, Debian has 2.42")
    budget = "GpuBudgetExceeded"
    values = [
        f'max(alert_threshold{{alertname="{name}"}}) == bool {threshold.value:.10g}'
        for name, threshold in THRESHOLDS.items()
        if name != budget
    ]

    assert run(next(iter(promtools().values())), tmp_path, values) == ""
