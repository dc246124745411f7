"""The load that KEDA asks for, run by promtool over what gateways count."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from components.context import Context
from components.gateway import Gateway, GatewayArgs
from components.ollama import Ollama, OllamaArgs
from components.scaling import LoadArgs, ScalingArgs, scaled
from components.scaling.load import query
from tests.monitoring.catalogue import catalogue
from tests.monitoring.promql import selections
from tests.monitoring.promtool import promtools

if TYPE_CHECKING:
    from pathlib import Path

OLLAMA = Ollama.describe(OllamaArgs(), Context())
GATEWAY = Gateway.describe(GatewayArgs(), Context(peers=(OLLAMA,)))
ACTIVE = 'envoy_cluster_upstream_rq_active{{service="{}",track="{}",instance="{}"}}'
TOTAL = 'ai_inference_requests_total{{service="{}",track="{}",instance="{}"}}'
REFUSED = 'ai_inference_errors_total{{service="{}",track="{}",instance="{}",reason="unhealthy"}}'
BUSY = {
    # Two gateways, two versions, and another service.
    ACTIVE.format("ollama", "stable", "a"): "3x20",
    ACTIVE.format("ollama", "stable", "b"): "4x20",
    ACTIVE.format("ollama", "canary", "a"): "1x20",
    ACTIVE.format("triton", "stable", "a"): "9x20",
    TOTAL.format("ollama", "stable", "a"): "0+30x20",
    TOTAL.format("ollama", "canary", "b"): "0+15x20",
    TOTAL.format("triton", "stable", "b"): "0+60x20",
}
IN_FLIGHT, RATE = LoadArgs(in_flight=4, max=3), LoadArgs(per_second=5, max=3)
FROM_ZERO = LoadArgs(in_flight=4, min=0, max=3)


def asked(spec: Any, load: LoadArgs) -> str:
    return query(scaled(spec, ScalingArgs(load=load)), load)


def document(expr: str, series: dict[str, str], answers: dict[str, list[float]]) -> dict[str, Any]:
    return {
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": name, "values": v} for name, v in series.items()],
                "promql_expr_test": [
                    {
                        # A rate is a fraction that need not come out even.
                        "expr": f"round({expr}, 0.001)",
                        "eval_time": time,
                        "exp_samples": [{"labels": "{}", "value": value} for value in values],
                    }
                    for time, values in answers.items()
                ],
            }
        ],
    }


ASLEEP = {
    ACTIVE.format("ollama", "stable", "a"): "0x60",
    # Three ask in vain in the second minute, and nobody after them.
    REFUSED.format("ollama", "stable", "a"): "0x4 1 3x55",
}


@pytest.mark.parametrize(
    ("expr", "series", "answers"),
    [
        (asked(OLLAMA, IN_FLIGHT), BUSY, {"4m": [8]}),
        (asked(GATEWAY, IN_FLIGHT), BUSY, {"4m": [17]}),
        (asked(OLLAMA, RATE), BUSY, {"4m": [3]}),
        (asked(GATEWAY, RATE), BUSY, {"4m": [7]}),
        # Nothing known is no load of 0: KEDA gets no number, and falls back.
        (asked(OLLAMA, IN_FLIGHT), {}, {"4m": []}),
        (asked(OLLAMA, RATE), {}, {"4m": []}),
        (asked(OLLAMA, FROM_ZERO), ASLEEP, {"1m": [0], "2m": [1], "5m": [0]}),
    ],
    ids=["in-flight", "all-in-flight", "rate", "all-rates", "unknown", "no-rate", "from-zero"],
)
@pytest.mark.parametrize("major", ["2", "3"])
def test_the_load_is_what_the_gateways_have_in_hand_for_all_versions(
    tmp_path: Path, major: str, expr: str, series: dict[str, str], answers: dict[str, list[float]]
) -> None:
    program = promtools().get(major)
    if program is None:
        pytest.skip(f"no promtool {major}.x at hand; scripts/promtool builds 3.x")
    file = tmp_path / "tests.yml"
    file.write_text(yaml.safe_dump(document(expr, series, answers)))

    run = subprocess.run(
        [program, "test", "rules", file], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("load", [IN_FLIGHT, RATE, FROM_ZERO], ids=["in-flight", "rate", "zero"])
def test_every_series_of_the_load_is_one_that_a_real_gateway_had(load: LoadArgs) -> None:
    known = catalogue()

    assert {each.name for each in selections(asked(OLLAMA, load))} <= set(known)
