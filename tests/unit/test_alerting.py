"""What a stack may set about its alerts, and what it may not."""

from typing import Any

import pytest
from pydantic import ValidationError

from alerts.model import Record
from alerts.rules import alerts, groups
from components.context import Context
from components.monitoring.alerting import AlertsArgs, ThresholdArgs, facts, inputs
from components.monitoring.exporters import OllamaExporter, OllamaExporterArgs
from components.ollama import Ollama, OllamaArgs
from components.thresholds import THRESHOLDS
from settings import parse
from tests.conftest import platform


def condition(name: str, args: AlertsArgs, context: Context | None = None) -> str:
    """The expression of one alert."""
    (found,) = (alert for alert in alerts(facts(args, context or gateway())) if alert.name == name)
    return found.condition


def gateway() -> Context:
    """A context in which the gateway is scraped."""
    from components.gateway import Gateway, GatewayArgs

    stack = Context()
    stack = stack.knowing(Ollama.describe(OllamaArgs(), stack))
    return stack.knowing(Gateway.describe(GatewayArgs(), stack))


def refused(message: str, **settings: Any) -> None:
    with pytest.raises(ValidationError, match=message):
        AlertsArgs(**settings)


def test_the_guides_numbers_are_the_defaults() -> None:
    found = inputs(facts(AlertsArgs(), gateway()))

    assert found["HighInferenceLatency"] == {"threshold": 5000, "forSeconds": 120}
    assert found["CriticalErrorRate"] == {"threshold": 0.1, "forSeconds": 60}


def test_a_stack_may_set_another_threshold_and_leave_the_duration() -> None:
    args = AlertsArgs(thresholds={"HighErrorRate": ThresholdArgs(value=0.02)})

    assert inputs(facts(args, gateway()))["HighErrorRate"] == {
        "threshold": 0.02,
        "forSeconds": 300,
    }
    assert "> 0.02 " in condition("HighErrorRate", args)


def test_a_stack_may_set_another_duration_and_leave_the_threshold() -> None:
    args = AlertsArgs(thresholds={"HighErrorRate": ThresholdArgs(for_seconds=60)})

    assert inputs(facts(args, gateway()))["HighErrorRate"] == {
        "threshold": 0.05,
        "forSeconds": 60,
    }


def test_a_duration_that_the_histogram_cannot_tell_is_refused_with_those_that_it_can() -> None:
    refused(
        "cannot tell 6000 ms exactly; take one of .*5000, 10000",
        thresholds={"HighInferenceLatency": {"value": 6000}},
    )


def test_the_highest_bound_is_refused_for_no_quantile_is_ever_above_it() -> None:
    refused("cannot tell 300000 ms", thresholds={"HighInferenceLatency": {"value": 300_000}})


def test_a_share_above_one_is_refused() -> None:
    refused("from 0 to 1, and 5 never comes", thresholds={"HighErrorRate": {"value": 5}})


def test_an_unknown_alert_is_refused_with_the_known_ones() -> None:
    refused(
        "no alert HighErorRate; there are HighInferenceLatency",
        thresholds={"HighErorRate": {"value": 0.1}},
    )


@pytest.mark.parametrize("alert", ["Watchdog", "GpuBudgetExceeded"])
def test_what_has_no_threshold_of_its_own_is_refused(alert: str) -> None:
    refused(f"{alert} has no threshold of its own", thresholds={alert: {"value": 1}})


def test_all_errors_are_never_allowed_and_none_at_all_neither() -> None:
    refused("objective", objective=100)
    refused("objective", objective=0)


def test_the_minimum_of_requests_guards_latency_and_errors() -> None:
    args = AlertsArgs(minimum_requests=42)

    for name in ("HighInferenceLatency", "HighErrorRate", "ErrorBudgetBurnFast"):
        assert ">= 42" in condition(name, args)


def test_the_objective_decides_what_burns_too_fast() -> None:
    assert "> 0.144 " in condition("ErrorBudgetBurnFast", AlertsArgs(objective=99))


def test_an_alert_that_no_job_could_feed_is_not_there() -> None:
    found = facts(AlertsArgs(), Context())

    assert found.jobs == {"prometheus"}
    assert {alert.name for alert in alerts(found)} == {
        "ServiceDown", "InstanceDown", "TargetMissing", "ServiceRestarting", "ServiceMemoryHigh",
        "Watchdog", "RulesFailing",
    }  # fmt: skip


def test_a_model_on_the_cpu_is_an_alert_only_where_ollama_has_a_gpu() -> None:
    def names(gpus: int) -> set[str]:
        stack = Context()
        stack = stack.knowing(Ollama.describe(OllamaArgs(gpus=gpus), stack))
        stack = stack.knowing(OllamaExporter.describe(OllamaExporterArgs(), stack))
        return {alert.name for alert in alerts(facts(AlertsArgs(), stack))}

    assert "OllamaModelOnCpu" in names(1)
    assert "OllamaModelOnCpu" not in names(0)


def test_every_threshold_in_force_is_a_series_that_panels_can_draw() -> None:
    args = AlertsArgs(thresholds={"HighErrorRate": ThresholdArgs(value=0.02)})
    drawn = {
        rule.labels["alertname"]: rule.expr
        for group in groups(facts(args, gateway()))
        for rule in group.rules
        if isinstance(rule, Record) and rule.name == "alert_threshold"
    }

    assert drawn.keys() == THRESHOLDS.keys()
    assert drawn["HighErrorRate"] == "vector(0.02)"


def test_links_lead_to_where_the_stack_says() -> None:
    found = facts(
        AlertsArgs(grafana_url="https://grafana.example.com/", runbooks_url="https://x.org/books"),
        Context(),
    )

    assert found.grafana_url == "https://grafana.example.com"
    assert found.runbooks == "https://x.org/books"


def test_the_price_of_a_gpu_and_the_budget_are_those_that_the_stacks_cost_is_judged_by() -> None:
    stack = parse(platform("staging"), "Pulumi.staging.yaml")
    cost = stack.settings.cost
    (prometheus,) = (spec for spec in stack.specs if spec.name == "prometheus")
    (rules,) = (file.content for file in prometheus.files if file.path.endswith("rules.yml"))

    assert cost.budget is not None
    assert cost.gpu_hour_usd > 0
    assert f"vector({cost.gpu_hour_usd:g})" in rules
    assert f"gpu:spend:usd_per_month > {cost.budget:g}\n" in rules


def test_without_a_node_type_nobody_knows_what_a_gpu_costs_and_no_alert_claims_to() -> None:
    stack = parse(platform("staging") | {"cost": {"budget": 3000}}, "Pulumi.staging.yaml")
    (prometheus,) = (spec for spec in stack.specs if spec.name == "prometheus")
    (rules,) = (file.content for file in prometheus.files if file.path.endswith("rules.yml"))

    assert "gpu_hour_price_usd" not in rules
    assert "GpuBudgetExceeded" not in prometheus.facts["alerts"]
