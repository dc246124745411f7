"""What the kube-state-metrics spec promises."""

from dataclasses import replace

from components.context import Context
from components.monitoring.exporters.kube_state import (
    METRICS,
    KubeStateMetrics,
    KubeStateMetricsArgs,
)
from components.ollama import Ollama, OllamaArgs
from components.scaling import LoadArgs, ScalingArgs
from components.spec import ApiAccess

HERE = Context(kubernetes=True, namespace="ai", node_namespace="ai-node")
SPEC = KubeStateMetrics.describe(KubeStateMetricsArgs(), HERE)


def test_it_exists_only_where_there_are_pods() -> None:
    assert KubeStateMetrics.wanted(HERE)
    assert not KubeStateMetrics.wanted(Context())


def test_it_may_watch_pods_and_do_nothing_else() -> None:
    assert SPEC.api_access == (ApiAccess(resources=("pods",), verbs=("list", "watch")),)


def test_it_asks_only_for_the_platforms_own_namespaces_or_it_would_need_more_rights() -> None:
    assert "--namespaces=ai,ai-node" in SPEC.args
    assert "--resources=pods" in SPEC.args


def test_it_exposes_only_what_rules_and_panels_read() -> None:
    (allowed,) = (arg for arg in SPEC.args if arg.startswith("--metric-allowlist="))

    assert allowed.partition("=")[2].split(",") == list(METRICS)
    assert "kube_pod_container_status_restarts_total" in METRICS


def test_it_is_nobody_and_listens_where_it_is_scraped_and_asked() -> None:
    assert SPEC.user == 65534
    assert SPEC.scrape is not None
    assert {port.number for port in SPEC.ports} == {SPEC.scrape.port, 8081}


def test_where_a_service_is_scaled_it_counts_copies_as_well() -> None:
    scaling = {"ollama": ScalingArgs(load=LoadArgs(in_flight=4, max=1))}
    ollama = Ollama.spec(OllamaArgs(), replace(HERE, scaling=scaling))

    found = KubeStateMetrics.describe(KubeStateMetricsArgs(), HERE.knowing(ollama))

    assert found.api_access[1:] == (
        ApiAccess(resources=("deployments",), verbs=("list", "watch"), group="apps"),
    )
    assert "--resources=deployments,pods" in found.args
    (allowed,) = (arg for arg in found.args if arg.startswith("--metric-allowlist="))
    assert "kube_deployment_spec_replicas" in allowed
