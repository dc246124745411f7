"""A real Triton with a real, if small, model."""

import httpx
import pytest

from tests.e2e.harness.metrics import total
from tests.e2e.harness.needs import needs
from tests.e2e.harness.platform import Platform
from tests.e2e.harness.stack import MODEL_INSTANCES

pytestmark = [pytest.mark.xdist_group("e2e"), needs("triton", "gateway")]


def double(platform: Platform, numbers: list[float]) -> list[float]:
    """What the model answers through the gateway."""
    given = {"name": "NUMBERS", "datatype": "FP32", "shape": [len(numbers), 1], "data": numbers}
    with platform.world.entered():
        url = platform["gateway"].url(8000, "/v2/models/double/infer")
        answer = httpx.post(url, json={"inputs": [given]}, trust_env=False)
    found: list[float] = answer.raise_for_status().json()["outputs"][0]["data"]
    return found


def test_a_model_answers_through_the_gateway(platform: Platform) -> None:
    assert double(platform, [1.5, 4]) == [3, 8]


def test_a_model_that_leaves_its_instances_open_gets_those_of_the_settings(
    platform: Platform,
) -> None:
    config = platform["triton"].get(8000, "/v2/models/double/config").json()

    assert [group["count"] for group in config["instance_group"]] == [MODEL_INSTANCES]


def test_nobody_loads_or_unloads_a_model_over_the_network(platform: Platform) -> None:
    with platform.world.entered():
        url = platform["triton"].url(8000, "/v2/repository/models/double/unload")
        answer = httpx.post(url, trust_env=False)

    assert answer.is_error
    assert platform["triton"].get(8000, "/v2/models/double/ready").is_success


def test_its_metrics_count_inferences_and_tell_of_no_gpu(platform: Platform) -> None:
    name = "nv_inference_count"
    triton = platform["triton"]
    before = total(triton.metrics(), name, model="double")

    double(platform, [1, 2, 3])

    after = triton.metrics()
    assert total(after, name, model="double") - before == 3
    assert not [name for name, _ in after if name.startswith("nv_gpu")]
