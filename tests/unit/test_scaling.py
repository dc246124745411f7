"""Scaling: what a stack file may say of it, and what KEDA is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml

from components.context import Context
from components.monitoring.prometheus import Prometheus, PrometheusArgs
from components.ollama import Ollama, OllamaArgs
from components.rollout.version import version
from tests.unit.scaling_objects import LOAD, NIGHTS, made, ollama


def scaled_object(**scaling: Any) -> dict[str, Any]:
    return made(ollama(**scaling))["ScaledObject"].body


EXPECTED = """
scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ollama-stable}
minReplicaCount: 1
maxReplicaCount: 2
fallback: {failureThreshold: 3, replicas: 1, behavior: currentReplicasIfHigher}
triggers:
- type: prometheus
  name: load
  metadata:
    serverAddress: http://prometheus.ai.svc.cluster.local:9090
    query: sum(avg_over_time(envoy_cluster_upstream_rq_active{service="ollama"}[1m]))
    threshold: '4'
    ignoreNullValues: 'false'
- type: cron
  name: office
  metadata:
    timezone: Europe/Berlin
    start: 0 7 * * mon-fri
    end: 0 20 * * mon-fri
    desiredReplicas: '2'
"""


def test_keda_is_told_the_load_the_windows_and_what_to_do_when_the_load_is_not_known() -> None:
    found = scaled_object(load=LOAD, schedule=NIGHTS)

    assert found["spec"] == yaml.safe_load(EXPECTED)


def test_a_schedule_alone_needs_no_metric_no_fallback_and_no_cooldown() -> None:
    found = scaled_object(schedule={**NIGHTS, "outside": 0})["spec"]

    assert "fallback" not in found
    assert (found["minReplicaCount"], found["maxReplicaCount"], found["cooldownPeriod"]) == (
        0,
        2,
        0,
    )
    assert [each["type"] for each in found["triggers"]] == ["cron"]


def test_only_a_service_that_may_sleep_is_told_how_it_wakes_and_falls_asleep() -> None:
    """KEDA's webhook warns of what means nothing above 0, at each deployment."""
    objects = made(ollama(load={**LOAD, "min": 0}))
    sleeps = objects["ScaledObject"].body["spec"]
    may_take = objects["Deployment"].body["spec"]["progressDeadlineSeconds"]
    stays = scaled_object(load=LOAD)["spec"]

    assert (sleeps["pollingInterval"], sleeps["cooldownPeriod"]) == (15, may_take)
    assert stays.keys() == sleeps.keys() - {"pollingInterval", "cooldownPeriod"}


def test_whoever_asks_a_sleeping_service_in_vain_is_load() -> None:
    (trigger,) = scaled_object(load={**LOAD, "min": 0})["spec"]["triggers"]

    assert trigger["metadata"]["query"].endswith(
        '+ clamp_max(sum(increase(ai_inference_errors_total{service="ollama", '
        'reason="unhealthy"}[2m])), 1)'
    )


def test_an_override_holds_the_number_and_a_word_about_zero_is_for_policies() -> None:
    override = {"replicas": 3, "until": "2027-01-01", "reason": "incident 7"}

    found = scaled_object(schedule={**NIGHTS, "outside": 0, "allow_zero": True}, override=override)

    assert found["metadata"]["annotations"] == {
        "autoscaling.keda.sh/paused-replicas": "3",
        "researchflow.ai/allow-zero": "true",
    }


def test_the_number_of_replicas_is_set_once_and_then_left_to_keda() -> None:
    fixed = made(Ollama.spec(OllamaArgs(), Context()))
    by_load = made(ollama(load=LOAD))

    assert by_load["Deployment"].body["spec"]["replicas"] == 1
    assert by_load["Deployment"].ignored == ("spec.replicas",)
    assert fixed["Deployment"].ignored == ()
    assert "ScaledObject" not in fixed
    assert by_load["ScaledObject"].stage == "scaler"


def test_scaling_does_not_make_another_version() -> None:
    assert version(ollama(load=LOAD)) == version(replace(ollama(load=LOAD), scaling=None))


def prometheus_lets_in(scaling: dict[str, Any]) -> list[Any]:
    spec = Prometheus.describe(
        PrometheusArgs(), Context(kubernetes=True, peers=(ollama(**scaling),))
    )
    return list(made(spec)["NetworkPolicy"].body["spec"].get("ingress", []))


def test_keda_may_ask_prometheus_where_a_load_is_read_and_only_there() -> None:
    (edge,) = prometheus_lets_in({"load": LOAD})

    assert edge == {
        "from": [
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "keda"}},
                "podSelector": {"matchLabels": {"app": "keda-operator"}},
            }
        ],
        "ports": [{"protocol": "TCP", "port": 9090}],
    }
    assert prometheus_lets_in({"schedule": NIGHTS}) == []
