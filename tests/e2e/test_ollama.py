"""A real Ollama with a real, if tiny, model, as its spec says, behind gateway and exporter."""

from __future__ import annotations

import json
import math
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from components.ollama import SETTLE_SECONDS
from tests.e2e.harness import probes
from tests.e2e.harness.layout import volume
from tests.e2e.harness.metrics import samples, total
from tests.e2e.harness.needs import require_ollama
from tests.e2e.harness.platform import Platform
from tests.e2e.harness.simulation import MODEL
from tests.e2e.harness.stack import SECRETS, specs
from tests.e2e.harness.tiny_model import store
from tests.e2e.harness.waiting import seconds_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.e2e.harness.container import Container

OLLAMA = require_ollama()
PORT = 11434
SPEC = specs()["ollama"]
pytestmark = pytest.mark.xdist_group("e2e-ollama")
MINUTES: Mapping[str, int] = {"num_predict": 80_000, "num_ctx": 8192}
"""Options of an answer that takes longer than a test has patience."""


@pytest.fixture(scope="module")
def platform(isolation: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Ollama with the model that its start-up check asks for, the exporter and the gateway."""
    del isolation
    folder = tmp_path_factory.mktemp("platform")
    models = volume(SPEC, "models", folder)
    store(models, MODEL)
    for path in (models, *models.rglob("*")):
        os.chown(path, SPEC.user, SPEC.group)
    with Platform.start([], SECRETS, folder) as started:
        started.add(SPEC, OLLAMA)
        started.add(specs()["ollama-exporter"])
        started.add(specs()["gateway"])
        started.wait_until_ready()
        yield started


@pytest.fixture
def server(platform: Platform) -> Iterator[Container]:
    """Ollama, which a test may stop."""
    found = platform["ollama"]
    yield found
    platform.containers[found.name] = found
    if not found.running:
        found.start()
        platform.wait_until_ready("ollama")


def ask(platform: Platform, **more: Any) -> dict[str, Any]:
    """A whole answer through the gateway; without a prompt, it loads or unloads the model."""
    with platform.world.entered():
        url = platform["gateway"].url(PORT, "/api/generate")
        asked = {"model": MODEL, "stream": False, **more}
        answer = httpx.post(url, json=asked, timeout=120, trust_env=False)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


@contextmanager
def stream(
    platform: Platform, options: Mapping[str, int], *, via: str = "gateway"
) -> Iterator[Iterator[str]]:
    """The lines of an answer, of which the first has come."""
    asked = {"model": MODEL, "prompt": "a", "options": dict(options)}
    with platform.world.entered():
        url = platform[via].url(PORT, "/api/generate")
        with httpx.stream("POST", url, json=asked, timeout=60, trust_env=False) as answer:
            lines = answer.iter_lines()
            assert json.loads(next(lines))["done"] is False
            yield lines


def exported(platform: Platform, name: str, **labels: str) -> float:
    """The one series of Ollama called ``name``; NaN where there is none."""
    metrics = samples(platform["ollama-exporter"].get(9778, "/metrics").text)
    if not any(found == name for found, _ in metrics):
        return math.nan
    return total(metrics, name, **labels)


def test_it_is_started_ready_and_live_by_the_checks_of_its_spec(server: Container) -> None:
    for check in (SPEC.health.startup, SPEC.health.ready, SPEC.health.live):
        assert probes.failure(server, check) is None


def test_a_model_that_is_not_there_fails_the_start_up_check(server: Container) -> None:
    shown = server.run(["ollama", "show", "absent:1"])

    assert shown.returncode == 1
    assert "not found" in shown.stderr


def test_it_knows_every_variable_of_its_spec(server: Container) -> None:
    (said,) = re.findall(r'msg="server config" env="map\[(.*)\]"', server.log.read_text())[-1:]
    ours = {name for name in SPEC.environment if name.startswith("OLLAMA_")}

    assert ours <= set(re.findall(r"(OLLAMA_\w+):", said))
    assert "OLLAMA_KEEP_ALIVE:5m0s" in said
    assert f"OLLAMA_NUM_PARALLEL:{SPEC.environment['OLLAMA_NUM_PARALLEL']} " in said
    assert "OLLAMA_NOPRUNE:true" in said


def test_the_exporter_says_its_version_and_what_is_on_its_disk(platform: Platform) -> None:
    ask(platform, keep_alive=0)

    assert exported(platform, "ollama_up") == 1
    assert exported(platform, "ollama_build_info") == 1
    assert exported(platform, "ollama_models_available") == 1
    assert exported(platform, "ollama_model_loaded", model=MODEL) == 0


@pytest.mark.parametrize(
    ("keep_alive", "least", "most"),
    [(None, 240, 300), ("1h", 3500, 3600), (-1, math.inf, math.inf)],
)
def test_the_exporter_follows_a_model_from_its_loading_to_its_end(
    platform: Platform, keep_alive: str | int | None, least: float, most: float
) -> None:
    ask(platform, **({} if keep_alive is None else {"keep_alive": keep_alive}))

    assert exported(platform, "ollama_model_loaded", model=MODEL) == 1
    assert exported(platform, "ollama_model_size_bytes") > 0
    assert 0 <= exported(platform, "ollama_model_vram_bytes") <= 2**40
    assert least <= exported(platform, "ollama_model_expires_seconds") <= most

    ask(platform, keep_alive=0)
    seconds_until(lambda: exported(platform, "ollama_model_loaded", model=MODEL) == 0, within=10)
    assert math.isnan(exported(platform, "ollama_model_expires_seconds"))


def test_it_is_up_while_it_answers_and_down_while_it_is_stopped(
    platform: Platform, server: Container
) -> None:
    with stream(platform, {"num_predict": 2000}):
        assert exported(platform, "ollama_up") == 1
    with server.frozen():
        assert exported(platform, "ollama_up") == 0

    assert server.stop() == 0
    assert exported(platform, "ollama_up") == 0


def test_an_answer_comes_through_the_gateway_word_by_word(platform: Platform) -> None:
    with stream(platform, {"num_predict": 50}) as lines:
        rest = [json.loads(line) for line in lines]

    assert len(rest) == 50
    assert [each["done"] for each in rest] == [False] * 49 + [True]
    assert rest[-1]["eval_count"] == 50


def test_on_sigterm_it_breaks_what_is_under_way(platform: Platform, server: Container) -> None:
    with stream(platform, MINUTES, via="ollama") as lines:
        assert server.stop() == 0

        with pytest.raises(httpx.RemoteProtocolError):
            list(lines)


def test_the_drain_command_waits_for_what_is_under_way_while_others_are_sent_away(
    platform: Platform, server: Container
) -> None:
    def refused() -> bool:
        tags = platform["gateway"].get(PORT, "/api/tags")
        return tags.status_code == httpx.codes.SERVICE_UNAVAILABLE

    with ThreadPoolExecutor(1) as pool:
        with stream(platform, MINUTES) as lines:
            # A pod that is to end is not in DNS any more.
            platform.containers.pop(server.name)
            stopping = pool.submit(server.drain_and_stop)
            seconds_until(refused, within=20)
            began = time.monotonic()
            while time.monotonic() < began + SETTLE_SECONDS + 2:
                assert json.loads(next(lines))["done"] is False
            assert not stopping.done()
        assert stopping.result(60) == 0
