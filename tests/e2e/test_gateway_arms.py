"""The arms of a feature against a real Envoy: who said that the feature is on, and how it went."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest

from components.gateway.arms import arm_counts
from components.gateway.routes import route_files
from tests.e2e.harness.backend import Backend, running
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY, gateway
from tests.e2e.harness.requests import get

if TYPE_CHECKING:
    from pathlib import Path

    from components.gateway.metrics import Counts
    from tests.e2e.harness.backend import Behaviour
    from tests.e2e.harness.gateway import RunningGateway

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]

FEATURES = {"ai_inference": ("ollama",), "semantic_cache": ("ollama",), "vector_search": ("faiss",)}
INFERENCE_ON = get(x_researchflow_feature_ai_inference="on")
INFERENCE_OFF = get(x_researchflow_feature_ai_inference="off")


def booked(envoy: RunningGateway) -> dict[tuple[str, str, str], Counts]:
    """What the gateway has booked by arm, after its histograms were brought up to date."""
    time.sleep(3)
    return arm_counts(httpx.get(envoy.url("stats", "/stats/prometheus")).text)


def with_arms(envoy: RunningGateway) -> None:
    """Route files that book arms."""
    (text,) = route_files(envoy.peers, {}, features=FEATURES).values()
    envoy.install(text)


def test_a_request_is_booked_for_every_feature_that_its_headers_name(tmp_path: Path) -> None:
    both = get(
        x_researchflow_feature_ai_inference="off", x_researchflow_feature_semantic_cache="on"
    )
    requests = [INFERENCE_ON] * 7 + [INFERENCE_OFF] * 11 + [both] * 5 + [get()] * 3
    backend = Backend(name="stable")
    with running(backend), gateway(tmp_path, {"ollama-stable": backend.port}) as envoy:
        with_arms(envoy)
        envoy.send(requests)

        found = booked(envoy)

    seen = {key: (counts.requests, counts.measured) for key, counts in found.items()}
    assert seen["ollama", "ai_inference", "on"] == (7, 7)
    assert seen["ollama", "ai_inference", "off"] == (16, 16)
    assert seen["ollama", "semantic_cache", "on"] == (5, 5)
    assert found["ollama", "ai_inference", "on"].within[300_000] == 7
    assert not any(feature == "vector_search" for _, feature, _ in found)


@pytest.mark.parametrize("behaviour", ["busy", "closing", "garbled"])
def test_a_failure_is_booked_for_the_arm_that_met_it(tmp_path: Path, behaviour: Behaviour) -> None:
    backend = Backend(name="stable")
    with running(backend), gateway(tmp_path, {"ollama-stable": backend.port}) as envoy:
        with_arms(envoy)
        envoy.send([INFERENCE_OFF] * 20)
        backend.behaviour = behaviour
        envoy.send([INFERENCE_ON] * 4, connections=1)

        found = booked(envoy)

    off, on = (found["ollama", "ai_inference", arm] for arm in ("off", "on"))
    assert (off.requests, off.failed) == (20, 0)
    assert (on.requests, on.failed) == (4, 4)


def test_what_is_no_arm_is_booked_for_none(tmp_path: Path) -> None:
    odd = [get(x_researchflow_feature_ai_inference=value) for value in ("ON", "true", "", "on,off")]
    backend = Backend(name="stable")
    with running(backend), gateway(tmp_path, {"ollama-stable": backend.port}) as envoy:
        with_arms(envoy)
        envoy.send(odd)

        found = booked(envoy)

    assert all(counts.requests == 0 for counts in found.values())


def test_other_routes_keep_what_was_booked(tmp_path: Path) -> None:
    backend = Backend(name="stable")
    with running(backend), gateway(tmp_path, {"ollama-stable": backend.port}) as envoy:
        with_arms(envoy)
        envoy.send([INFERENCE_ON] * 9)
        (text,) = route_files(envoy.peers, {}, features=FEATURES, stamp="next").values()
        envoy.install(text)
        envoy.send([INFERENCE_ON] * 2)

        found = booked(envoy)

    assert found["ollama", "ai_inference", "on"].requests == 11
