"""``rf cost`` from the outside: stack files in, text and exit status out."""

import json
import shutil
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from rf.cost import hints, report
from rf.cost.stack_cost import StackCost, stack_cost
from settings import Stack, parse
from tests.conftest import PROJECT, Rf, platform

ROOT = Path.cwd()
COST = {"node_type": "m7i.2xlarge", "gpu_node_type": "g5.2xlarge"}


@pytest.fixture
def rf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command_line: Rf) -> Rf:
    """Run ``rf cost`` in a project with the stack files of this one."""
    for name in ("Pulumi.yaml", "__main__.py", "Pulumi.local.yaml", "Pulumi.staging.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return partial(command_line, "cost")


def test_all_stacks_are_estimated_when_none_is_named(rf: Rf) -> None:
    status, out, _ = rf()

    assert status == 0
    assert out.startswith("local  runs on this machine: not counted\n\nstaging  USD a month")


def test_what_has_no_figure_is_listed_with_the_reason(rf: Rf) -> None:
    _, out, _ = rf("staging")

    text = " ".join(out.split())
    assert "node-exporter compute, dcgm-exporter compute: a copy runs on every node" in text
    assert "cluster control plane" in text
    assert "it belongs to the existing cluster" in text


def test_a_stack_in_which_nothing_has_a_price_shows_no_total() -> None:
    bare = stack("staging", region="us-east-1")

    text = shown(stack_cost("staging", bare, hints.Measured(), with_hints=False))

    assert text.startswith("staging  USD a month, us-east-1: nothing has a price\nNot counted\n")


def test_json_has_every_line_and_the_reasons(rf: Rf) -> None:
    status, out, _ = rf("--json")

    local, staging = json.loads(out)["stacks"]
    assert status == 0
    assert local == {"stack": "local", "billed": False, "budget_usd": None}
    assert staging["stack"] == "staging"
    assert staging["region"] == "us-east-1"
    total = sum(Decimal(line["usd"]["expected"]) for line in staging["lines"])
    assert Decimal(staging["total_usd"]["expected"]) == total
    assert {"subject", "what", "reason"} == set(staging["not_counted"][0])


def test_a_stack_that_is_not_there_is_an_error_that_lists_those_that_are(rf: Rf) -> None:
    status, out, err = rf("nope")

    assert (status, out) == (1, "")
    assert "there is no stack 'nope'; stacks: local, staging" in err


def test_a_bad_setting_is_told_with_its_file_and_key(rf: Rf) -> None:
    file = Path("Pulumi.staging.yaml")
    tree = yaml.safe_load(file.read_text())
    tree["config"][f"{PROJECT}:platform"]["capacity"]["cpus"] = -1
    file.write_text(yaml.safe_dump(tree))

    status, _, err = rf("staging")

    assert status == 1
    assert "Pulumi.staging.yaml: researchflow-ai:platform.capacity.cpus" in err


@pytest.mark.parametrize("option", [("--hit-rate", "101"), ("--batch-gain", "0.5")])
def test_a_measurement_that_cannot_be_is_refused(rf: Rf, option: tuple[str, str]) -> None:
    status, _, err = rf("staging", *option)

    assert status == 1
    assert option[0] in err


def shown(found: StackCost) -> str:
    console = Console(width=100)
    with console.capture() as capture:
        console.print(report.render(found))
    return capture.get()


def stack(name: str, **cost: Any) -> Stack:
    """The committed stack with such a section ``cost``."""
    return parse({**platform(name), "cost": cost or COST}, f"Pulumi.{name}.yaml")


def costed(budget: Decimal | None = None) -> StackCost:
    found = stack_cost("staging", stack("staging"), hints.Measured(), with_hints=True)
    return replace(found, budget=budget)


def test_amounts_stand_below_each_other_with_the_date_of_their_prices() -> None:
    lines = shown(costed()).splitlines()

    assert lines[0] == "staging  USD a month, us-east-1, prices of 2026-07-20"
    assert lines[1].split() == ["low", "expected", "high"]
    (ollama,) = [line for line in lines if line.startswith("ollama-stable  ")]
    assert ollama.endswith("884.76    884.76    884.76")


@pytest.mark.parametrize(
    ("over", "expected"),
    [("0", "kept"), ("-0.01", "exceeded by 0.01"), ("100", "kept")],
)
def test_the_budget_is_kept_or_exceeded_to_the_cent(over: str, expected: str) -> None:
    estimate = costed().estimate
    assert estimate is not None
    budget = estimate.total.expected + Decimal(over)

    assert f"Budget {budget:,.2f}: {expected}\n" in shown(costed(budget))


def told(name: str, measured: hints.Measured, **cost: Any) -> list[str]:
    return [*hints.work_out(stack(name, **cost), measured)]


def test_a_schedule_and_a_smaller_node_type_are_worked_out_for_each_gpu_service() -> None:
    found = told("staging", hints.Measured())

    # 1.212 * 730 * 103 / 168, and (1.212 - 0.752) * 730
    assert found[:3] == [
        "ollama-stable: none outside Monday to Friday, 07:00 to 20:00, saves USD 542.44",
        "ollama-stable: g4dn.2xlarge holds its models of 3.8 GiB, saves USD 335.80",
        "triton-stable: none outside Monday to Friday, 07:00 to 20:00, saves USD 542.44",
    ]


def test_production_keeps_a_replica_outside_office_hours() -> None:
    found = told("production", hints.Measured())

    assert "ollama-stable: one replica outside Monday to Friday, 07:00 to 20:00" in found[0]


def test_cache_and_batching_are_formulas_until_somebody_has_measured() -> None:
    formulas = told("staging", hints.Measured())[3:]
    figures = told("staging", hints.Measured(hit_rate=Decimal("0.125"), batch_gain=Decimal(2)))[3:]

    assert "hit rate × cost" in formulas[0]
    assert "(1 - 1 / gain) × cost" in formulas[1]
    # of 2 * 884.76 = 1769.52
    assert "a cache that answers 12.5 %: saves USD 221.19 of USD 1,769.52" in figures[0]
    assert "2 × requests by batching: saves USD 884.76 of USD 1,769.52" in figures[1]


def test_without_node_types_or_on_a_machine_there_is_nothing_to_work_out() -> None:
    assert told("staging", hints.Measured(), region="us-east-1") == []
    assert told("local", hints.Measured()) == []


def test_a_service_that_fits_no_node_is_warned_of() -> None:
    small = stack("production", node_type="m7i.2xlarge", gpu_node_type="g5.xlarge")

    text = shown(stack_cost("production", small, hints.Measured(), with_hints=False))

    assert "Warning: ollama-stable asks for 16.25 GiB of memory" in text.replace("\n", " ")


def test_what_a_stack_file_says_of_its_cost_is_what_the_command_tells(rf: Rf) -> None:
    file = Path("Pulumi.staging.yaml")
    tree = yaml.safe_load(file.read_text())
    price = {"usd": 0.08, "as_of": "2026-08-01", "source": "contract of August"}
    cost = {**COST, "budget": 100, "prices": {"volume": price}}
    tree["config"][f"{PROJECT}:platform"]["cost"] = cost
    file.write_text(yaml.safe_dump(tree))

    _, text, _ = rf("staging", "--savings")
    _, data, _ = rf("staging", "--json")

    (staging,) = json.loads(data)["stacks"]
    expected = Decimal(staging["total_usd"]["expected"])
    assert "prices of 2026-07-20 to 2026-08-01" in text
    assert f"Budget 100.00: exceeded by {expected - 100:,.2f}" in text
    assert "To save, a month\n  ollama-stable: none outside" in text
    assert "contract of August" in data
