"""Scaling: what a stack file may say of it, and what KEDA is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from pydantic import TypeAdapter

from components.context import Context
from components.monitoring.prometheus import Prometheus, PrometheusArgs
from components.ollama import Ollama, OllamaArgs
from components.platforms.kubernetes.args import KedaArgs, KubernetesArgs
from components.platforms.kubernetes.manifests import manifests
from components.rollout.version import version
from components.scaling import ScalingArgs
from settings import SettingsError, parse
from tests.conftest import platform
from tests.unit.kubernetes_objects import cluster

if TYPE_CHECKING:
    from components.platforms.kubernetes.manifest import Manifest
    from components.spec import ServiceSpec

OFFICE = {"name": "office", "start": "0 7 * * mon-fri", "end": "0 20 * * mon-fri", "replicas": 2}
NIGHTS = {"timezone": "Europe/Berlin", "outside": 1, "windows": [OFFICE]}
LOAD = {"in_flight": 4, "max": 2}
PAST = {"replicas": 2, "until": "2020-01-01", "reason": "an incident"}


def ollama(**scaling: Any) -> ServiceSpec:
    context = Context(
        kubernetes=True, scaling={"ollama": TypeAdapter(ScalingArgs).validate_python(scaling)}
    )
    return Ollama.spec(OllamaArgs(shared_models=True), context)


def made(spec: ServiceSpec) -> dict[str, Manifest]:
    """The manifests of ``spec`` by kind, on a cluster with KEDA."""
    place = replace(cluster(), args=KubernetesArgs(namespace="ai", keda=KedaArgs()))
    return {each.body["kind"]: each for each in manifests(spec, (), place)}


def scaled_object(**scaling: Any) -> dict[str, Any]:
    return made(ollama(**scaling))["ScaledObject"].body


def stack(name: str, scaling: dict[str, Any], **others: Any) -> str:
    """What ``name`` hears with such a section; nothing when it is taken."""
    tree = platform(name) | {"scaling": scaling}
    if tree["target"]["kind"] == "kubernetes":
        tree["target"]["keda"] = {}
    for key, value in others.items():
        node = tree
        *parents, last = key.split("__")
        for part in parents:
            node = node.setdefault(part, {})
        node[last] = value
    try:
        parse(tree, "Pulumi.test.yaml")
    except SettingsError as error:
        return str(error)
    return ""


EXPECTED = """
scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ollama-stable}
pollingInterval: 15
cooldownPeriod: 1525
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


@pytest.mark.parametrize(
    ("scaling", "others", "said"),
    [
        ({"faiss": {"load": LOAD}}, {}, "scaling.faiss: has one writer"),
        ({"grafana": {"load": LOAD}}, {}, "scaling.grafana: is no service that can be scaled"),
        ({"ollama": {}}, {}, "scaling.ollama: needs load, schedule or both"),
        ({"ollama": {"load": {"max": 2}}}, {}, "needs one of in_flight and per_second"),
        ({"ollama": {"load": {**LOAD, "min": 3}}}, {}, "min is 3 and max is 2"),
        ({"ollama": {"load": {**LOAD, "min": 1}, "schedule": NIGHTS}}, {}, "has a schedule, which"),
        ({"ollama": {"load": {**LOAD, "max": 1}, "schedule": NIGHTS}}, {}, "load.max is 1, but"),
        (
            {"ollama": {"schedule": {**NIGHTS, "timezone": "Europe/Berln"}}},
            {},
            "did you mean Europe/Berlin",
        ),
        ({"ollama": {"load": LOAD}}, {"target__keda": None}, "scaling.ollama needs KEDA, and the"),
        (
            {"ollama": {"load": {**LOAD, "max": 1, "min": 0}}},
            {"rollout": {"services": {"ollama": {"canary": {"memory": 9}}}}},
            "a version that nobody runs cannot be judged",
        ),
        (
            {"ollama": {"load": LOAD}},
            {},
            "scaling.ollama may run 2 replicas, but one models volume serves one node",
        ),
        (
            {"ollama": {"load": {**LOAD, "max": 9}}},
            {"services__ollama__shared_models": True},
            "gpu.gpus is 3, but the services ask for 10 GPUs",
        ),
        (
            {"ollama": {"load": {**LOAD, "max": 1}, "override": PAST}},
            {},
            "scaling.ollama.override ended on 2020-01-01, and the service is still held at 2",
        ),
        (
            {"triton": {"load": {**LOAD, "min": 2, "max": 2}}},
            {"services__triton__shared_models": True},
            "services.triton.replicas is 1, but scaling.triton runs 2 to 2",
        ),
        (
            {"gateway": {"load": LOAD}},
            {
                "services__gateway__access": {
                    "required": True,
                    "clients": {"web": {"rate": "300/minute", "keys": {}}},
                }
            },
            "scaling.gateway changes the number of gateways, but the rate of web is divided",
        ),
    ],
)
def test_what_makes_no_sense_on_staging_is_refused_with_a_sentence(
    scaling: dict[str, Any], others: dict[str, Any], said: str
) -> None:
    assert said in stack("staging", scaling, **others)


@pytest.mark.parametrize(
    ("scaling", "said"),
    [
        ({"ollama": {"load": {**LOAD, "min": 0}}}, "scaling.ollama.load.min is 0, which leaves"),
        (
            {"ollama": {"schedule": {**NIGHTS, "outside": 0}}},
            "scaling.ollama.schedule outside is 0, which leaves production",
        ),
        ({"gateway": {"load": LOAD}}, "scaling.gateway at its lowest is 1; production needs 2"),
        ({"ollama": {"load": {**LOAD, "max": 3}}}, ""),
        ({"ollama": {"load": {**LOAD, "max": 4, "min": 0, "allow_zero": True}}}, ""),
    ],
)
def test_production_serves_always_unless_somebody_says_otherwise(
    scaling: dict[str, Any], said: str
) -> None:
    heard = stack("production", scaling)

    assert said in heard
    assert said or not heard


def test_a_machine_has_a_fixed_number() -> None:
    said = stack("local", {"ollama": {"load": LOAD}})

    assert "needs KEDA, which needs Kubernetes; remove it and set services.ollama.replicas" in said
