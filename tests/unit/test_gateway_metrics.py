"""The metric contract, on text as Envoy writes it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.gateway.metrics import (
    DURATION,
    DURATION_BUCKETS_MS,
    ERRORS,
    REASONS,
    REQUESTS,
    SERIES,
    Counts,
    counts,
    relabelling,
)

# What one Envoy 1.40 said of a canary: of ten requests it answered 3 with 503 and 1 with 200, then
# stable answered 5 in its place, and one of its answers broke off.
TEXT = """\
# TYPE envoy_cluster_upstream_rq_completed counter
envoy_cluster_upstream_rq_completed{envoy_cluster_name="ollama_canary"} 10
envoy_cluster_upstream_rq_completed{envoy_cluster_name="ollama_stable"} 4
envoy_cluster_upstream_rq_completed{envoy_cluster_name="admin"} 7
envoy_cluster_upstream_rq_total{envoy_cluster_name="ollama_canary"} 10
envoy_cluster_upstream_rq{envoy_response_code="503",envoy_cluster_name="ollama_canary"} 3
envoy_cluster_upstream_rq{envoy_response_code="200",envoy_cluster_name="ollama_canary"} 7
envoy_cluster_upstream_rq_xx{envoy_response_code_class="5",envoy_cluster_name="ollama_canary"} 3
envoy_cluster_canary_upstream_rq{envoy_response_code="503",envoy_cluster_name="ollama_canary"} 3
envoy_cluster_canary_upstream_rq{envoy_response_code="200",envoy_cluster_name="ollama_canary"} 7
envoy_cluster_zone_gateway_upstream_rq_xx{envoy_response_code_class="2",\
envoy_cluster_name="ollama_canary",served_by="stable"} 5
envoy_cluster_zone_gateway_upstream_rq_xx{envoy_response_code_class="2",\
envoy_cluster_name="ollama_canary",served_by="own"} 2
envoy_cluster_upstream_cx_destroy_remote_with_active_rq{envoy_cluster_name="ollama_canary"} 1
envoy_cluster_upstream_cx_none_healthy{envoy_cluster_name="ollama_canary"} 0
envoy_cluster_zone_gateway_upstream_rq_time_bucket{envoy_cluster_name="ollama_canary",\
served_by="own",le="5000"} 3
envoy_cluster_zone_gateway_upstream_rq_time_bucket{envoy_cluster_name="ollama_canary",\
served_by="own",le="10000"} 4
envoy_cluster_zone_gateway_upstream_rq_time_bucket{envoy_cluster_name="ollama_canary",\
served_by="own",le="+Inf"} 4
envoy_cluster_zone_gateway_upstream_rq_time_count{envoy_cluster_name="ollama_canary",\
served_by="own"} 4
envoy_cluster_zone_gateway_upstream_rq_time_count{envoy_cluster_name="ollama_canary",\
served_by="stable"} 5
"""


@pytest.fixture
def canary() -> Counts:
    return counts(TEXT)["ollama", "canary"]


def test_only_services_and_their_tracks_are_counted() -> None:
    assert set(counts(TEXT)) == {("ollama", "canary"), ("ollama", "stable")}


def test_a_failed_request_is_in_one_reason(canary: Counts) -> None:
    happened = {reason: times for reason, times in canary.errors.items() if times}

    assert happened == {"answer": 3, "failover": 5, "reset": 1}
    assert canary.failed == 9
    assert canary.failovers == 5


def test_a_duration_is_that_of_the_versions_own_answers(canary: Counts) -> None:
    assert canary.measured == 4
    assert canary.unmeasured == 6
    assert canary.slower_than(5000) == 1
    assert canary.slower_than(10_000) == 0


def test_a_version_without_traffic_has_counts_and_they_are_zero() -> None:
    found = counts('envoy_cluster_upstream_rq_completed{envoy_cluster_name="faiss_stable"} 0\n')

    assert found == {("faiss", "stable"): Counts()}


def test_a_bound_that_no_bucket_has_is_refused(canary: Counts) -> None:
    with pytest.raises(KeyError, match="4000 ms is no bound; those are"):
        canary.slower_than(4000)


def test_failed_requests_are_never_more_than_requests() -> None:
    assert Counts(requests=2, errors={"failover": 2, "reset": 2}).failed == 2


def test_a_text_that_is_no_metrics_counts_nothing() -> None:
    assert counts("<html>404</html>") == {}


# What Prometheus does with a sample, as far as the contract uses it.
def relabelled(labels: dict[str, str]) -> dict[str, str]:
    found = dict(labels)
    for rule in relabelling():
        value = ";".join(found.get(label, "") for label in rule["source_labels"])
        match = re.fullmatch(rule["regex"], value)
        if match:
            template = re.sub(r"\$(\d)", r"\\\1", rule["replacement"])
            found[rule["target_label"]] = match.expand(template)
    return found


def samples() -> Iterator[tuple[dict[str, str], int]]:
    for name, labels, value in re.findall(r"^(\w+)\{(.*)\} (\d+)$", TEXT, re.MULTILINE):
        yield {"__name__": name, **dict(re.findall(r'(\w+)="([^"]*)"', labels))}, int(value)


def scraped(name: str, **labels: str) -> int:
    """The sum of what Prometheus stores under a name."""
    return sum(
        value
        for raw, value in samples()
        if {"__name__": name, **labels}.items() <= relabelled(raw).items()
    )


def test_prometheus_stores_the_numbers_that_the_gates_count(canary: Counts) -> None:
    where = {"service": "ollama", "track": "canary"}

    assert scraped(REQUESTS, **where) == canary.requests
    assert scraped(ERRORS, **where) == canary.failed
    assert scraped(ERRORS, reason="failover", **where) == canary.failovers
    assert scraped(f"{DURATION}_count", **where) == canary.measured
    assert scraped(f"{DURATION}_bucket", le="5000", **where) == canary.within[5000]


def test_what_is_not_ours_keeps_its_name_and_gets_no_labels() -> None:
    admin = {"__name__": "envoy_cluster_upstream_rq_completed", "envoy_cluster_name": "admin"}
    listener = {"__name__": "envoy_listener_downstream_cx_total"}

    assert relabelled(admin) == admin
    assert relabelled(listener) == listener


def test_no_two_samples_become_one_series() -> None:
    stored = [tuple(sorted(relabelled(labels).items())) for labels, _ in samples()]

    assert len(set(stored)) == len(stored)


def test_every_reason_has_one_source_and_a_meaning() -> None:
    reasons = [series.reason for series in SERIES if series.reason]

    assert sorted(reasons) == sorted(REASONS)


CODES = st.integers(500, 599).map(str)


@given(code=CODES)
def test_every_5xx_that_a_server_answers_is_one_error(code: str) -> None:
    sources: list[dict[str, Any]] = [
        {"native": "envoy_cluster_canary_upstream_rq", "labels": {"envoy_response_code": code}},
        {"native": "envoy_cluster_upstream_rq", "labels": {"envoy_response_code": code}},
    ]

    assert sum(series.covers(**source) for series in SERIES for source in sources) == 1


def test_the_guides_thresholds_can_be_judged_without_interpolation() -> None:
    assert {5000, 10_000, 300_000} <= set(DURATION_BUCKETS_MS)
    assert list(DURATION_BUCKETS_MS) == sorted(set(DURATION_BUCKETS_MS))
