"""What the settings of scaling may say, and what they hear otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from settings import SettingsError, parse
from tests.conftest import platform
from tests.unit.scaling_objects import LOAD, NIGHTS

PAST = {"replicas": 2, "until": "2020-01-01", "reason": "an incident"}


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


@pytest.mark.parametrize(
    ("scaling", "others", "said"),
    [
        ({"faiss": {"load": LOAD}}, {}, "scaling.faiss: has one writer"),
        ({"grafana": {"load": LOAD}}, {}, "scaling.grafana: is no service that can be scaled"),
        ({"ollama": {}}, {}, "scaling.ollama: needs load, schedule or both"),
        ({"ollama": {"load": {"max": 2}}}, {}, "needs one of in_flight and per_second"),
        (
            {"ollama": {"load": {"per_second": 0.0009, "max": 2}}},
            {},
            "load.per_second: Input should be greater than or equal to 0.001",
        ),
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
