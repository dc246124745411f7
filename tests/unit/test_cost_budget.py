"""The estimate of a stack's services, and how a plan tells it."""

import dataclasses
from datetime import date

import pytest

from components.budget import Budget, CostArgs, PriceArgs, monthly
from components.platforms import DockerArgs, KubernetesArgs, Target
from components.scaling import LoadArgs, ScalingArgs, scaled
from components.schedules import ScheduleArgs, WindowArgs
from components.spec import ServiceSpec
from cost import Estimate
from rf.cost import planned
from rf.plan.model import Plan
from rf.plan.record import record
from settings import parse
from tests.conftest import platform

COST = CostArgs(
    node_type="m7i.2xlarge",
    gpu_node_type="g5.2xlarge",
    prices={
        name: PriceArgs(usd=usd, as_of=date(2026, 8, 1), source="made up")
        for name, usd in {
            "volume": 0.08,
            "shared-volume": 0.3,
            "efs/standard": 0.25,
            "load-balancer": 0.0225,
        }.items()
    },
)
OFFICE = ScheduleArgs(
    timezone="Europe/Berlin",
    outside=0,
    windows=(
        WindowArgs(name="office", start="0 7 * * mon-fri", end="0 20 * * mon-fri", replicas=1),
    ),
)


@pytest.fixture(scope="module")
def specs() -> tuple[ServiceSpec, ...]:
    found = parse(platform("staging"), "Pulumi.staging.yaml")
    return tuple(entry.spec for entry in found.entries)


def on_a_cluster(
    specs: tuple[ServiceSpec, ...], target: KubernetesArgs | None = None, **scaling: ScalingArgs
) -> Estimate:
    described = [scaled(spec, scaling.get(spec.instance.replace("-", "_"))) for spec in specs]
    found = monthly(COST, described, target or KubernetesArgs())
    assert found is not None
    return found


def budget_plan(
    specs: tuple[ServiceSpec, ...], args: CostArgs = COST, target: Target | None = None
) -> Plan:
    def program() -> None:
        Budget("budget", args, specs=specs, target=target or KubernetesArgs())

    return record(program, project="demo", stack="dev")


def test_every_service_is_priced_or_listed_as_not_counted(specs: tuple[ServiceSpec, ...]) -> None:
    found = on_a_cluster(specs)

    told = {line.subject for line in found.lines} | {each.subject for each in found.not_counted}
    assert told == {spec.instance for spec in specs} | {"cluster"}


def test_a_gpu_service_pays_a_gpu_node_and_its_volume(specs: tuple[ServiceSpec, ...]) -> None:
    found = on_a_cluster(specs)

    lines = {
        line.what: f"{line.usd.expected}" for line in found.lines if "ollama-s" in line.subject
    }
    # 1.212 * 730; 100 * 0.08
    assert lines == {"1 × 1.000 of g5.2xlarge": "884.76", "volume models (100 GiB)": "8.00"}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        # 100 * 0.25, 100 * 0.3
        (KubernetesArgs(infrastructure="org/researchflow-ai/staging-infra"), "25.00"),
        (KubernetesArgs(shared_storage_class="fast-files"), "30.00"),
    ],
    ids=["EFS of ours", "a class of theirs"],
)
def test_a_volume_of_several_nodes_pays_what_its_class_is_made_of(
    specs: tuple[ServiceSpec, ...], target: KubernetesArgs, expected: str
) -> None:
    (ollama,) = (spec for spec in specs if spec.instance == "ollama-stable")
    (models,) = ollama.volumes
    shared = dataclasses.replace(ollama, volumes=(dataclasses.replace(models, shared=True),))

    found = on_a_cluster((shared,), target)

    assert [f"{line.usd.expected}" for line in found.lines if "volume" in line.what] == [expected]


def test_an_agent_that_watches_gpus_is_not_charged_for_one(specs: tuple[ServiceSpec, ...]) -> None:
    found = on_a_cluster(specs)

    (agent,) = [each for each in found.not_counted if each.subject == "dcgm-exporter"]
    assert agent.reason == "a copy runs on every node, and how many there are is not known"


def test_a_schedule_lowers_what_is_expected_and_not_the_worst(
    specs: tuple[ServiceSpec, ...],
) -> None:
    found = on_a_cluster(specs, ollama_stable=ScalingArgs(schedule=OFFICE))

    line = next(each for each in found.lines if each.subject == "ollama-stable")
    # 65 of 168 hours: 884.76 * 65 / 168 = 342.317…
    assert (f"{line.usd.low}", f"{line.usd.expected}", f"{line.usd.high}") == (
        "342.32",
        "342.32",
        "884.76",
    )
    assert line.what == "0.39 to 1 × 1.000 of g5.2xlarge"


def test_a_load_costs_what_runs_at_the_start_from_the_fewest_to_the_most(
    specs: tuple[ServiceSpec, ...],
) -> None:
    by_load = ScalingArgs(load=LoadArgs(in_flight=4, min=0, max=3))

    found = on_a_cluster(specs, ollama_stable=by_load)

    line = next(each for each in found.lines if each.subject == "ollama-stable")
    assert (f"{line.usd.low}", f"{line.usd.expected}", f"{line.usd.high}") == (
        "0.00",
        "884.76",
        "2654.28",
    )


def test_the_clock_is_the_least_of_a_load(specs: tuple[ServiceSpec, ...]) -> None:
    both = ScalingArgs(load=LoadArgs(in_flight=4, max=2), schedule=OFFICE)

    found = on_a_cluster(specs, ollama_stable=both)

    line = next(each for each in found.lines if each.subject == "ollama-stable")
    assert (f"{line.usd.low}", f"{line.usd.expected}", f"{line.usd.high}") == (
        "342.32",
        "884.76",
        "1769.52",
    )


def test_only_an_exposed_gateway_pays_a_load_balancer(specs: tuple[ServiceSpec, ...]) -> None:
    inside, outside = (
        on_a_cluster(specs, KubernetesArgs(exposure="cluster")),
        on_a_cluster(specs, KubernetesArgs(exposure="internal")),
    )

    # 0.0225 * 730 = 16.425
    assert f"{outside.total.expected - inside.total.expected}" == "16.43"


def test_a_machine_is_not_billed(specs: tuple[ServiceSpec, ...]) -> None:
    assert monthly(COST, specs, DockerArgs()) is None


def test_the_component_carries_plain_numbers_for_policies(specs: tuple[ServiceSpec, ...]) -> None:
    found = on_a_cluster(specs)

    (resource,) = budget_plan(specs, dataclasses.replace(COST, budget=4000)).resources

    assert resource.type == "researchflow:index:Budget"
    assert resource.inputs["monthlyUsd"] == 4000
    assert resource.inputs["estimateUsd"] == {
        "low": float(found.total.low),
        "expected": float(found.total.expected),
        "high": float(found.total.high),
    }
    assert resource.inputs["region"] == "us-east-1"
    assert resource.inputs["pricesOf"] == ["2026-07-20", "2026-08-01"]
    assert (
        "cluster: control plane, it belongs to the existing cluster"
        in (
            resource.inputs["notCounted"]  # type: ignore[operator]
        )
    )


def test_without_a_budget_there_is_none_to_judge_by(specs: tuple[ServiceSpec, ...]) -> None:
    (resource,) = budget_plan(specs).resources

    assert "monthlyUsd" not in resource.inputs


def with_budget(plan: Plan, budget: float | None) -> Plan:
    """``plan`` with such a budget, an estimate of 900 to 1,200 and two things left out."""
    (resource,) = plan.resources
    inputs = dict(resource.inputs)
    inputs["estimateUsd"] = {"low": 900, "expected": 1000.5, "high": 1200}
    inputs["notCounted"] = ["a", "b"]
    if budget is not None:
        inputs["monthlyUsd"] = budget
    return dataclasses.replace(plan, resources=(dataclasses.replace(resource, inputs=inputs),))


@pytest.mark.parametrize(
    ("budget", "state"),
    [
        (None, ""),
        (1200.0, ", within the budget of 1,200.00"),
        (1100.0, ", at the high end over the budget of 1,100.00"),
        (1000.0, ", over the budget of 1,000.00"),
    ],
)
def test_a_plan_tells_the_range_its_date_the_budget_and_what_is_missing(
    specs: tuple[ServiceSpec, ...], budget: float | None, state: str
) -> None:
    plan = with_budget(budget_plan(specs), budget)

    assert planned.lines(plan) == (
        f"USD 1,000.50 (900.00 to 1,200.00), prices of 2026-07-20 to 2026-08-01{state}\n"
        "2 items are not counted; see rf cost dev"
    )


def test_a_plan_of_a_machine_says_that_nothing_is_counted(specs: tuple[ServiceSpec, ...]) -> None:
    assert planned.lines(budget_plan(specs, target=DockerArgs())) == (
        "runs on this machine: not counted"
    )


def test_a_plan_in_which_nothing_has_a_price_shows_no_figure(
    specs: tuple[ServiceSpec, ...],
) -> None:
    told = planned.lines(budget_plan(specs, CostArgs()))

    assert told is not None
    assert told.startswith("nothing has a price, ")
    assert told.endswith(" items are not counted; see rf cost dev")


def test_a_program_without_a_budget_says_nothing() -> None:
    assert planned.lines(record(lambda: None, project="demo", stack="dev")) is None
