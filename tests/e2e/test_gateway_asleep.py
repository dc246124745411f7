"""A service that may have no server: what its clients hear meanwhile, and what is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from components.scaling import LoadArgs, ScalingArgs, scaled
from tests.e2e.harness.backend import Backend, running
from tests.e2e.harness.envoy_files import free_port
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY, gateway, ollama

if TYPE_CHECKING:
    from pathlib import Path

    from components.spec import ServiceSpec

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]


def sleeper(least: int) -> tuple[ServiceSpec, ...]:
    args = ScalingArgs(load=LoadArgs(in_flight=4, min=least, max=2))
    return tuple(scaled(spec, args) for spec in ollama(canary=False))


def test_who_asks_a_sleeping_service_hears_when_to_come_back_and_is_counted(
    tmp_path: Path,
) -> None:
    with gateway(tmp_path, {"ollama-stable": free_port()}, peers=sleeper(0)) as envoy:
        # The first request may come before the first health check has failed.
        answers = [httpx.get(envoy.url("ollama", "/api/tags")) for _ in range(5)]
        found = envoy.counts["ollama", "stable"]

    last = answers[-1]
    assert last.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert last.headers["retry-after"] == "30"
    assert last.headers["content-type"] == "application/json"
    assert last.json() == {
        "error": "ollama is asleep or starting; try again later",
        "retry_after_seconds": 30,
    }
    assert found.requests == 5
    assert found.errors["unhealthy"] >= 1


def test_a_service_that_always_runs_is_not_said_to_sleep(tmp_path: Path) -> None:
    with gateway(tmp_path, {"ollama-stable": free_port()}, peers=sleeper(1)) as envoy:
        answer = [httpx.get(envoy.url("ollama", "/api/tags")) for _ in range(5)][-1]

    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "retry-after" not in answer.headers


def test_what_an_awake_server_answers_is_left_as_it_is(tmp_path: Path) -> None:
    server = Backend(name="stable", behaviour="busy")
    with (
        running(server),
        gateway(tmp_path, {"ollama-stable": server.port}, peers=sleeper(0)) as envoy,
    ):
        answer = httpx.get(envoy.url("ollama", "/api/tags"))

    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "asleep" not in answer.text
