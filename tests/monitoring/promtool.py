"""promtool as a test runner: series in, alerts out. One process for each scenario."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from alerts import rule_file
from alerts.model import Alert, Facts, Group, Record
from alerts.render import board, runbook
from alerts.rules import EVERYTHING, alerts, groups

if TYPE_CHECKING:
    from collections.abc import Mapping

SCRAPE = "15s"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
BUILT = CACHE / "researchflow" / "prometheus" / "promtool"


@dataclass(frozen=True, kw_only=True)
class Firing:
    """An alert that fires: the labels that come from its series, and what it says."""

    labels: Mapping[str, str] = field(default_factory=dict)
    says: str


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What Prometheus sees every ``every``, and what ``alert`` does at which time.

    Series values are in promtool's notation: ``0+5x40`` is forty steps of 5, ``_`` no sample.
    """

    alert: str
    name: str
    series: Mapping[str, str]
    expect: Mapping[str, tuple[Firing, ...]]
    every: str = SCRAPE
    facts: Facts = EVERYTHING


def promtools() -> dict[str, str]:
    """A promtool of each major version at hand: on PATH, or built by ``scripts/promtool``."""
    folders = [*os.environ.get("PATH", "").split(os.pathsep), str(BUILT.parent)]
    found: dict[str, str] = {}
    for folder in folders:
        program = shutil.which("promtool", path=folder)
        if program:
            found.setdefault(_major(program), program)
    return found


@cache
def _major(program: str) -> str:
    """3.x knows ``--enable-feature`` values that 2.x lacks; a build from source has no version."""
    asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    stated = re.search(r"version (\d+)\.", asked.stdout + asked.stderr)
    if stated:
        return stated[1]
    helped = subprocess.run(
        [program, "check", "rules", "--help"], capture_output=True, text=True, check=False
    )
    return "3" if "ignore-unknown-fields" in helped.stdout + helped.stderr else "2"


def outcome(scenario: Scenario, program: str, folder: Path) -> str:
    """Nothing when ``scenario`` comes out as expected, else what promtool says."""
    rules = folder / "rules.yml"
    rules.write_text(rule_file(needed(scenario.alert, scenario.facts), scenario.facts))
    tests = folder / "tests.yml"
    tests.write_text(yaml.safe_dump(document(scenario)))
    run = subprocess.run(
        [program, "test", "rules", tests], capture_output=True, text=True, check=False
    )
    return "" if run.returncode == 0 else run.stdout + run.stderr


def needed(alert: str, facts: Facts) -> tuple[Group, ...]:
    """The group of ``alert`` and, before it, those that record what it reads."""
    own = {g.name for g in groups(facts) for rule in g.rules if rule.name == alert}
    return _with_what_they_read(own, "", facts)


def recording(expr: str, facts: Facts) -> tuple[Group, ...]:
    """The groups that record what ``expr`` reads."""
    return _with_what_they_read(set(), expr, facts)


def _with_what_they_read(wanted: set[str], expr: str, facts: Facts) -> tuple[Group, ...]:
    everything = groups(facts)
    while True:
        read = [_expression(r) for g in everything if g.name in wanted for r in g.rules]
        text = " ".join([expr, *read])
        more = {
            group.name
            for group in everything
            for rule in group.rules
            if isinstance(rule, Record) and rule.name in text
        }
        if more <= wanted:
            return tuple(group for group in everything if group.name in wanted)
        wanted |= more


def _expression(rule: Alert | Record) -> str:
    return rule.condition if isinstance(rule, Alert) else rule.expr


def document(scenario: Scenario) -> dict[str, Any]:
    """Promtool's test file for ``scenario``."""
    facts = scenario.facts
    (alert,) = (each for each in alerts(facts) if each.name == scenario.alert)
    return {
        "rule_files": ["rules.yml"],
        "evaluation_interval": scenario.every,
        # Without it 2.42 takes them in any order, and an alert may be a step late.
        "group_eval_order": [group.name for group in needed(scenario.alert, facts)],
        "tests": [
            {
                "name": scenario.name,
                "interval": scenario.every,
                "input_series": [
                    {"series": series, "values": values}
                    for series, values in scenario.series.items()
                ],
                "alert_rule_test": [
                    {
                        "eval_time": time,
                        "alertname": alert.name,
                        "exp_alerts": [_expected(alert, each, facts) for each in firing],
                    }
                    for time, firing in scenario.expect.items()
                ],
            }
        ],
    }


def _expected(alert: Alert, firing: Firing, facts: Facts) -> dict[str, Any]:
    service = alert.service or firing.labels.get("service", "")
    return {
        "exp_labels": {
            **firing.labels,
            "severity": alert.severity,
            "category": alert.category,
            **({"service": service} if service else {}),
        },
        "exp_annotations": {
            "summary": alert.summary,
            "description": firing.says,
            "runbook_url": runbook(alert, facts),
            "dashboard_url": board(alert, facts).replace("{{ $labels.service }}", service),
        },
    }
