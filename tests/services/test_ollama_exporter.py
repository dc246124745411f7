"""The Ollama exporter as a real process, against a stand-in for Ollama."""

from __future__ import annotations

import math
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.services.ollama_series import PACKAGE, SCRAPE_SECONDS, down, ollama_series
from tests.services.ollama_stand_in import (
    GIGABYTE,
    NEVER,
    OllamaStandIn,
    in_memory,
    models,
    on_disk,
)
from tests.services.server_process import series

if TYPE_CHECKING:
    from tests.services.conftest import StartServer


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


# What is measured


def test_models_on_disk_and_in_memory_are_described(start_server: StartServer) -> None:
    tags = models(on_disk("llama3.2:3b"), on_disk("nomic-embed-text:latest"))
    ps = models(in_memory("llama3.2:3b", size=6 * GIGABYTE, vram=6 * GIGABYTE, expires_at=NEVER))

    with OllamaStandIn(tags=tags, ps=ps) as ollama:
        found = ollama_series(start_server(PACKAGE, {"OLLAMA_URL": ollama.url}))

    server = {"instance_address": ollama.address}
    llama = {**server, "model": "llama3.2:3b"}
    assert found == {
        series("ollama_up", **server): 1.0,
        series("ollama_models_available", **server): 2.0,
        series("ollama_model_loaded", **llama): 1.0,
        series("ollama_model_loaded", **server, model="nomic-embed-text:latest"): 0.0,
        series("ollama_model_size_bytes", **llama): 6e9,
        series("ollama_model_vram_bytes", **llama): 6e9,
        series("ollama_model_expires_seconds", **llama): math.inf,
    }


def test_a_model_that_spilled_to_the_cpu_has_less_vram_than_size(
    start_server: StartServer,
) -> None:
    ps = models(in_memory("llama3.1:70b", size=42 * GIGABYTE, vram=23 * GIGABYTE))

    with OllamaStandIn(ps=ps) as ollama:
        found = ollama_series(start_server(PACKAGE, {"OLLAMA_URL": ollama.url}))

    model = {"instance_address": ollama.address, "model": "llama3.1:70b"}
    assert found[series("ollama_model_size_bytes", **model)] == 42e9
    assert found[series("ollama_model_vram_bytes", **model)] == 23e9


@pytest.mark.parametrize("seconds", [300, -5])
def test_expiry_is_the_time_left_from_now(start_server: StartServer, seconds: int) -> None:
    expires_at = datetime.now(UTC) + timedelta(seconds=seconds)
    ps = models(in_memory("phi4", size=1, vram=1, expires_at=expires_at))

    with OllamaStandIn(ps=ps) as ollama:
        found = ollama_series(start_server(PACKAGE, {"OLLAMA_URL": ollama.url}))

    expiry = series("ollama_model_expires_seconds", instance_address=ollama.address, model="phi4")
    assert seconds - 20 < found[expiry] <= seconds


def test_an_ollama_without_models_is_up(start_server: StartServer) -> None:
    with OllamaStandIn() as ollama:
        found = ollama_series(start_server(PACKAGE, {"OLLAMA_URL": ollama.url}))

    assert found == {
        series("ollama_up", instance_address=ollama.address): 1.0,
        series("ollama_models_available", instance_address=ollama.address): 0.0,
    }


def test_a_server_says_its_version(start_server: StartServer) -> None:
    with OllamaStandIn(version=b'{"version": "0.12.3"}') as ollama:
        found = ollama_series(start_server(PACKAGE, {"OLLAMA_URL": ollama.url}))

    build = series("ollama_build_info", instance_address=ollama.address, version="0.12.3")
    assert found[build] == 1.0


@pytest.mark.parametrize("version", [None, b"", b"[]", b'{"version": 1}', b'{"version": "a\\nb"}'])
def test_a_server_that_does_not_say_its_version_is_up_all_the_same(
    start_server: StartServer, version: bytes | None
) -> None:
    with OllamaStandIn(version=version) as ollama:
        found = ollama_series(start_server(PACKAGE, {"OLLAMA_URL": ollama.url}))

    assert found[series("ollama_up", instance_address=ollama.address)] == 1.0
    assert not any(name == "ollama_build_info" for name, _ in found)


def test_proxy_variables_do_not_lead_the_poll_elsewhere(start_server: StartServer) -> None:
    proxy = f"http://127.0.0.1:{free_port()}"

    with OllamaStandIn() as ollama:
        server = start_server(
            PACKAGE, {"OLLAMA_URL": ollama.url, "HTTP_PROXY": proxy, "ALL_PROXY": proxy}
        )
        found = ollama_series(server)

    assert found[series("ollama_up", instance_address=ollama.address)] == 1.0


# An Ollama that is down


def test_an_ollama_that_is_down_is_shown_and_leaves_the_exporter_healthy(
    start_server: StartServer,
) -> None:
    address = f"127.0.0.1:{free_port()}"

    server = start_server(PACKAGE, {"OLLAMA_URL": f"http://{address}"})

    assert ollama_series(server) == down(address)
    assert server.get("/health").json() == {"status": "ok"}
    (warning,) = [entry for entry in server.logs() if entry["level"] == "warning"]
    assert warning["instance_address"] == address


def test_nothing_stale_is_shown_when_ollama_goes_and_all_is_back_when_it_returns(
    start_server: StartServer,
) -> None:
    tags = models(on_disk("phi4"))
    with OllamaStandIn(tags=tags) as ollama:
        server = start_server(PACKAGE, {"OLLAMA_URL": ollama.url})
        before = ollama_series(server)

    gone = ollama_series(server)
    with OllamaStandIn(tags=tags, port=ollama.port):
        after = ollama_series(server)

    loaded = series("ollama_model_loaded", instance_address=ollama.address, model="phi4")
    assert loaded in before
    assert gone == down(ollama.address)
    assert after == before


def test_an_ollama_that_does_not_answer_in_time_is_down_and_others_do_not_wait_for_it(
    start_server: StartServer,
) -> None:
    with OllamaStandIn(delay=15) as ollama:
        server = start_server(PACKAGE, {"OLLAMA_URL": ollama.url})
        with ThreadPoolExecutor(1) as pool:
            started = time.monotonic()
            scrape = pool.submit(ollama_series, server)
            health = server.get("/health")
            assert not scrape.done()
            found, took = scrape.result(), time.monotonic() - started

    assert health.status_code == httpx.codes.OK
    assert found == down(ollama.address)
    assert 4.5 < took < SCRAPE_SECONDS


def test_an_ollama_that_sends_a_byte_now_and_then_is_down(start_server: StartServer) -> None:
    with OllamaStandIn(seconds_per_byte=0.6, tags=models(on_disk("phi4"))) as ollama:
        server = start_server(PACKAGE, {"OLLAMA_URL": ollama.url})
        started = time.monotonic()
        found = ollama_series(server)

    assert found == down(ollama.address)
    assert time.monotonic() - started < SCRAPE_SECONDS
