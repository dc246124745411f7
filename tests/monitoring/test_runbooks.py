"""Every alert has its page; numbers, links, commands and queries in it are right."""

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from alerts.__main__ import ROOT, main, pages, rendered
from alerts.model import Alert, Record
from alerts.rules import EVERYTHING, alerts, groups
from alerts.runbooks import BOARDS, BODY, SECTIONS, fires, page
from components.thresholds import THRESHOLDS
from rf.cli import app
from rf.generated import stale, write
from settings import parse
from tests.conftest import platform
from tests.monitoring.catalogue import catalogue
from tests.monitoring.promql import selections

FOLDER = Path("docs/runbooks")
ALERTS = [alert.name for alert in alerts(EVERYTHING)]
RECORDED = {
    rule.name for group in groups(EVERYTHING) for rule in group.rules if isinstance(rule, Record)
}
LOGS = {"logs": {"url": "https://logs.example.com/push"}}
SERVICES = {
    entry.spec.name
    for stack in ("local", "staging")
    for entry in parse(platform(stack) | LOGS, "Pulumi.test.yaml").entries
}
COMMANDS = ("copies", "logs", "inside", "q")


def text(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text()


def section(name: str, heading: str) -> str:
    _, _, rest = text(name).partition(f"\n## {heading}\n")
    return rest.partition("\n## ")[0].strip()


def commands(name: str) -> list[str]:
    block = re.search(r"```bash\n(.*?)```", section(name, "First commands"), re.DOTALL)
    assert block, f"{name} has no commands"
    return block[1].splitlines()


def test_what_is_generated_is_what_the_rules_say() -> None:
    assert stale(ROOT, rendered(ROOT), pages(ROOT)) == []


def test_a_changed_number_makes_its_page_stale_and_leaves_the_written_part() -> None:
    (alert,) = (each for each in alerts(EVERYTHING) if each.name == "HighErrorRate")
    written = text("HighErrorRate")

    changed = page(alert, EVERYTHING, written.replace("above 5 %", "above 6 %"))

    assert changed == written


def test_the_check_names_the_page_of_an_alert_that_is_gone(tmp_path: Path) -> None:
    write(tmp_path, rendered(ROOT))
    (tmp_path / FOLDER / "Gone.md").write_text("# Gone\n")

    assert stale(tmp_path, rendered(tmp_path), pages(tmp_path)) == [FOLDER / "Gone.md"]


def test_an_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--chek"]) == 1
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("name", ALERTS)
def test_a_page_has_every_section_and_none_is_empty(name: str) -> None:
    headings = re.findall(r"^## (.+)$", text(name), re.MULTILINE)

    assert tuple(headings) == SECTIONS == tuple(re.findall(r"^## (.+)$", BODY, re.MULTILINE))
    assert all(section(name, heading) for heading in SECTIONS)


@pytest.mark.parametrize("name", ALERTS)
def test_a_page_says_when_its_alert_fires(name: str) -> None:
    if name not in ("Watchdog", "GpuBudgetExceeded"):
        assert fires(THRESHOLDS[name]) in text(name)


def test_numbers_are_written_for_people() -> None:
    assert fires(THRESHOLDS["HighInferenceLatency"]).startswith("above 5000 ms for 2m")
    assert fires(THRESHOLDS["DiskSpaceLow"]).startswith("above 85 % for 10m")
    assert fires(THRESHOLDS["FaissBackupOld"]).startswith("above 26h for 15m")


@pytest.mark.parametrize("name", ALERTS)
def test_a_page_begins_with_three_commands_of_this_product(name: str) -> None:
    found = commands(name)

    assert len(found) == 3
    for command in found:
        program, _, rest = command.partition(" ")
        assert program in COMMANDS, command
        if program != "q":
            assert rest.split()[0] in SERVICES, command


@pytest.mark.parametrize("name", ALERTS)
def test_a_query_of_a_page_asks_for_what_exists(name: str) -> None:
    queries = [command[3:-1] for command in commands(name) if command.startswith("q '")]

    for query in queries:
        for each in selections(query):
            assert each.name in catalogue() or each.name in RECORDED, each.name


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_every_link_leads_to_a_file(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", path.read_text())

    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("name", ALERTS)
def test_every_command_of_rf_exists(name: str) -> None:
    exists = {
        *(each.name or each.callback.__name__ for each in app.registered_commands if each.callback),
        *(each.name for each in app.registered_groups),
    }

    assert set(re.findall(r"`rf (\w+)", text(name))) <= exists


def test_every_setting_that_a_page_names_exists() -> None:
    schema = Path("schemas/stack.schema.json").read_text()
    named = {
        part
        for name in ALERTS
        for path in re.findall(
            r"`((?:services|features|rollout|images|target)\.[\w.<>]+)", text(name)
        )
        for part in path.split(".")[1:]
        if not part.startswith("<") and part not in ALERTS
    }

    assert {part for part in named if f'"{part}"' not in schema} == set()


def test_the_links_of_an_alert_lead_to_its_page_and_to_a_known_board() -> None:
    for alert in alerts(EVERYTHING):
        assert (FOLDER / f"{alert.name}.md").exists()
        assert alert.dashboard in BOARDS


def test_every_alert_has_its_labels_and_words() -> None:
    for alert in alerts(EVERYTHING):
        assert isinstance(alert, Alert)
        assert alert.summary.endswith(".")
        assert "{{" not in alert.summary, "a summary is a fixed sentence"
        assert alert.description


@pytest.mark.parametrize(
    ("platform_", "command", "asked"),
    [
        ("docker p", "logs redis", "docker ps --all --quiet --filter name=^p-redis"),
        ("docker p", "q up", "docker exec p-x promtool query instant http://localhost:9090 up"),
        ("kubernetes ns", "copies redis",
         "kubectl get pods --output=wide --namespace=ns --selector=app.kubernetes.io/name=redis"),
        ("kubernetes ns", "logs node-exporter",
         "kubectl logs --prefix --tail=100 --all-containers --namespace=ns-node "
         "--selector=app.kubernetes.io/name=node-exporter"),
        ("kubernetes ns", "inside redis redis-cli info",
         "kubectl exec --namespace=ns p-x -- redis-cli info"),
    ],
)  # fmt: skip
def test_the_commands_ask_the_platform_that_was_chosen(
    platform_: str, command: str, asked: str, tmp_path: Path
) -> None:
    for name in ("docker", "kubectl"):
        fake = tmp_path / name
        fake.write_text(f'#!/bin/sh\necho "{name} $*" >>{tmp_path}/asked\necho p-x\n')
        fake.chmod(fake.stat().st_mode | stat.S_IEXEC)
    bash = shutil.which("bash")
    assert bash

    subprocess.run(
        [bash, "-euc", f". scripts/oncall {platform_}; {command}"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )

    assert asked in (tmp_path / "asked").read_text().splitlines()
