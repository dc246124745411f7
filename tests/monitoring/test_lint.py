"""Our rules can fire, and a rule that could not would be found."""

from dataclasses import replace

import pytest

from alerts.model import Alert, Facts, Record
from alerts.rules import EVERYTHING, ON_DOCKER, groups
from components.gateway.metrics import DURATION_BUCKETS_MS
from components.thresholds import THRESHOLDS
from tests.monitoring.catalogue import catalogue
from tests.monitoring.lint import problems
from tests.monitoring.promql import selections

RULES = [rule for group in groups(EVERYTHING) for rule in group.rules]
BUCKETS = "ai_inference_duration_ms_bucket"


def alert(condition: str, name: str = "ServiceDown", measures: str = "up") -> Alert:
    return Alert(
        name=name,
        measures=measures,
        condition=condition,
        severity="warning",
        category="inference",
        service="x",
        dashboard="ai-overview",
        summary="It is made up.",
        description="It is made up.",
    )


def quantile(threshold: float) -> list[str]:
    """What is said of a latency alert with this threshold."""
    facts = replace(
        EVERYTHING,
        thresholds={
            "HighInferenceLatency": replace(THRESHOLDS["HighInferenceLatency"], value=threshold)
        },
    )
    measures = f"histogram_quantile(0.95, sum by (le) (rate({BUCKETS}[5m])))"
    made = alert(f"{measures} > {threshold:g}", "HighInferenceLatency", measures)
    return problems([made], catalogue(), facts)


@pytest.mark.parametrize("facts", [EVERYTHING, ON_DOCKER], ids=["kubernetes", "docker"])
def test_every_rule_of_ours_can_fire(facts: Facts) -> None:
    rules = [rule for group in groups(facts) for rule in group.rules]

    assert problems(rules, catalogue(), facts) == []


def test_the_recorded_buckets_are_those_that_the_gateway_is_given() -> None:
    (recorded,) = catalogue()[BUCKETS]

    assert recorded.bounds == tuple(map(float, DURATION_BUCKETS_MS))


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("no_such_series > 1", "nothing exposes no_such_series"),
        ('up{service="x"} < 1', "up has no label service"),
        ("sum by (model) (up) < 1", "sum by model, which up has not"),
        ("rate(ai_inference_requests_total[30s]) > 1", "over 30 s; take 60 s or more"),
        ("rate(redis_up[5m]) > 1", "rate of redis_up, which is no counter"),
        ("deriv(redis_evicted_keys_total[5m]) > 1", "which is no gauge"),
    ],
)
def test_a_rule_that_cannot_fire_is_found(condition: str, problem: str) -> None:
    (found,) = problems([alert(condition)], catalogue(), EVERYTHING)

    assert problem in found


def test_a_rate_of_what_was_added_up_before_is_found() -> None:
    added = Record(name="service:requests:sum", expr="sum(ai_inference_requests_total)")

    (found,) = problems(
        [added, alert("rate(service:requests:sum[5m]) > 1")], catalogue(), EVERYTHING
    )

    assert "which a rule made: resets are lost in it" in found


def test_a_latency_alert_above_the_highest_bucket_is_found() -> None:
    assert "no quantile is ever above 300000 ms" in quantile(300_000)[0]


def test_a_latency_alert_between_two_buckets_is_found() -> None:
    assert "6000 ms is no bound of the histogram" in quantile(6000)[0]


def test_a_latency_alert_at_a_bucket_below_the_highest_is_fine() -> None:
    assert quantile(5000) == []


def test_a_share_above_one_is_found() -> None:
    facts = replace(
        EVERYTHING,
        thresholds={"HighErrorRate": replace(THRESHOLDS["HighErrorRate"], value=5)},
    )

    (found,) = problems([alert("up > 5", "HighErrorRate")], catalogue(), facts)

    assert "a share is never above 5" in found


def test_only_what_no_server_here_can_show_is_unverified() -> None:
    exists = catalogue()
    read = {
        each.name
        for rule in RULES
        for each in selections(rule.condition if isinstance(rule, Alert) else rule.expr)
    }
    unverified = {
        name for name in read & exists.keys() if not any(metric.verified for metric in exists[name])
    }

    assert {name.split("_")[0] for name in unverified} == {
        "DCGM", "faiss", "kube", "loki", "prometheus"
    }  # fmt: skip


def test_every_unverified_name_says_where_it_is_said_to_exist() -> None:
    sources = {
        metric.source
        for metrics in catalogue().values()
        for metric in metrics
        if not metric.verified
    }

    assert all(len(source.split()) > 4 for source in sources)
