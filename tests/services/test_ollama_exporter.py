"""The Ollama exporter as a real process, against a stand-in for Ollama."""

from __future__ import annotations

import json
import math
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.conftest import RunServer, StartServer
from tests.services.ollama_stand_in import (
    GIGABYTE,
    NEVER,
    OllamaStandIn,
    in_memory,
    models,
    on_disk,
)
from tests.services.server_process import Series, ServerProcess, series

PACKAGE = "ollama_exporter"
SCRAPE_SECONDS = 7.0
"""The five seconds that Ollama has, and some for a busy test machine; Prometheus waits ten."""


def ollama_series(server: ServerProcess) -> dict[Series, float]:
    """The series about Ollama, without those about the exporter."""
    return {
        key: value
        for key, value in server.metrics().items()
        if key[0].startswith("ollama_") and not key[0].startswith("ollama_exporter_")
    }


def down(address: str) -> dict[Series, float]:
    return {series("ollama_up", instance_address=address): 0.0}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def replace_resolver(shims: Path, body: str) -> None:
    """Make names, in a server that starts with ``shims``, resolve in this way instead."""
    (shims / "sitecustomize.py").write_text(
        "import socket, time\n"
        "def answer(family, *sockaddr):\n"
        "    return family, socket.SOCK_STREAM, 6, '', sockaddr\n"
        f"def getaddrinfo(host, port, *args, **kwargs):\n    {body}\n"
        "real, fake = socket.getaddrinfo, getaddrinfo\n"
        "socket.getaddrinfo = lambda host, *args, **kwargs: (\n"
        "    fake if host == 'ollama.test' else real)(host, *args, **kwargs)\n"
    )


# What is measured


def test_models_on_disk_and_in_memory_are_described(start_server: StartServer) -> None:
    tags = models(on_disk("llama3.2:3b"), on_disk("nomic-embed-text:latest"))
    ps = models(
        in_memory("llama3.2:3b", size=6 * GIGABYTE, vram=6 * GIGABYTE, expires_at=NEVER)
    )

    with OllamaStandIn(tags=tags, ps=ps) as ollama:
        found = ollama_series(start_server(PACKAGE, OLLAMA_URL=ollama.url))

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
        found = ollama_series(start_server(PACKAGE, OLLAMA_URL=ollama.url))

    model = {"instance_address": ollama.address, "model": "llama3.1:70b"}
    assert found[series("ollama_model_size_bytes", **model)] == 42e9
    assert found[series("ollama_model_vram_bytes", **model)] == 23e9


@pytest.mark.parametrize("seconds", [300, -5])
def test_expiry_is_the_time_left_from_now(start_server: StartServer, seconds: int) -> None:
    expires_at = datetime.now(UTC) + timedelta(seconds=seconds)
    ps = models(in_memory("phi4", size=1, vram=1, expires_at=expires_at))

    with OllamaStandIn(ps=ps) as ollama:
        found = ollama_series(start_server(PACKAGE, OLLAMA_URL=ollama.url))

    expiry = series(
        "ollama_model_expires_seconds", instance_address=ollama.address, model="phi4"
    )
    assert seconds - 20 < found[expiry] <= seconds


def test_an_ollama_without_models_is_up(start_server: StartServer) -> None:
    with OllamaStandIn() as ollama:
        found = ollama_series(start_server(PACKAGE, OLLAMA_URL=ollama.url))

    assert found == {
        series("ollama_up", instance_address=ollama.address): 1.0,
        series("ollama_models_available", instance_address=ollama.address): 0.0,
    }


def test_proxy_variables_do_not_lead_the_poll_elsewhere(start_server: StartServer) -> None:
    proxy = f"http://127.0.0.1:{free_port()}"

    with OllamaStandIn() as ollama:
        server = start_server(PACKAGE, OLLAMA_URL=ollama.url, HTTP_PROXY=proxy, ALL_PROXY=proxy)
        found = ollama_series(server)

    assert found[series("ollama_up", instance_address=ollama.address)] == 1.0


# An Ollama that is down


def test_an_ollama_that_is_down_is_shown_and_leaves_the_exporter_healthy(
    start_server: StartServer,
) -> None:
    address = f"127.0.0.1:{free_port()}"

    server = start_server(PACKAGE, OLLAMA_URL=f"http://{address}")

    assert ollama_series(server) == down(address)
    assert server.get("/health").json() == {"status": "ok"}
    (warning,) = [entry for entry in server.logs() if entry["level"] == "warning"]
    assert warning["instance_address"] == address


def test_nothing_stale_is_shown_when_ollama_goes_and_all_is_back_when_it_returns(
    start_server: StartServer,
) -> None:
    tags = models(on_disk("phi4"))
    with OllamaStandIn(tags=tags) as ollama:
        server = start_server(PACKAGE, OLLAMA_URL=ollama.url)
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
    with OllamaStandIn(before_answer=lambda: time.sleep(15)) as ollama:
        server = start_server(PACKAGE, OLLAMA_URL=ollama.url)
        with ThreadPoolExecutor(1) as pool:
            started = time.monotonic()
            scrape = pool.submit(ollama_series, server)
            health = server.get("/health", timeout=2)
            found, took = scrape.result(), time.monotonic() - started

    assert health.status_code == httpx.codes.OK
    assert found == down(ollama.address)
    assert 4.5 < took < SCRAPE_SECONDS


def test_an_ollama_that_sends_a_byte_now_and_then_is_down(start_server: StartServer) -> None:
    with OllamaStandIn(seconds_per_byte=0.6, tags=models(on_disk("phi4"))) as ollama:
        server = start_server(PACKAGE, OLLAMA_URL=ollama.url)
        started = time.monotonic()
        found = ollama_series(server)

    assert found == down(ollama.address)
    assert time.monotonic() - started < SCRAPE_SECONDS


# Answers that are not Ollama's


@pytest.mark.parametrize(
    ("ps", "reason"),
    [
        (b"", "/api/ps is not JSON"),
        (b"<html>Bad Gateway</html>", "/api/ps is not JSON"),
        (b'{"models": [', "/api/ps is not JSON"),
        (b'{"models": "\xff"}', "/api/ps is not JSON"),
        (b"[" * 200_000, "/api/ps is not JSON"),
        (b"[]", "/api/ps has no list of models"),
        (b'{"models": null}', "/api/ps has no list of models"),
        (b'{"models": ["phi4"]}', "/api/ps has no list of models"),
        (models({}), "/api/ps has a model without a usable name"),
        (models({"name": "a\nb"}), "/api/ps has a model without a usable name"),
        (b'{"models": [{"name": "\\ud800"}]}', "/api/ps has a model without a usable name"),
        (models({"name": "phi4", "size": -1}), "/api/ps has a size that is no number of bytes"),
        (models({"name": "phi4", "size": 1e9}), "/api/ps has a size that is no number of bytes"),
        (
            models({"name": "phi4", "size": 10**400}),
            "/api/ps has a size that is no number of bytes",
        ),
        (
            models({"name": "phi4", "size": 1, "size_vram": 1, "expires_at": "soon"}),
            "/api/ps has an expires_at that is no time",
        ),
        (
            models({"name": "phi4", "size": 1, "size_vram": 1, "expires_at": "2026-01-01T00:00"}),
            "/api/ps has an expires_at without a time zone",
        ),
    ],
)
def test_a_malformed_answer_counts_as_down_and_is_explained_in_the_log(
    start_server: StartServer, ps: bytes, reason: str
) -> None:
    with OllamaStandIn(tags=models(on_disk("phi4")), ps=ps) as ollama:
        server = start_server(PACKAGE, OLLAMA_URL=ollama.url)
        found = ollama_series(server)

    assert found == down(ollama.address)
    assert [e["reason"] for e in server.logs() if e["level"] == "warning"] == [reason]


@pytest.mark.parametrize("status", [204, 302, 404, 500, 503])
def test_any_status_but_200_counts_as_down(start_server: StartServer, status: int) -> None:
    with OllamaStandIn(status=status) as ollama:
        found = ollama_series(start_server(PACKAGE, OLLAMA_URL=ollama.url))

    assert found == down(ollama.address)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=8,
)
almost_models = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["phi4", "llama3.2:3b"]) | st.text() | json_values,
        "size": st.integers(0, 2**63 - 1) | st.integers() | json_values,
        "size_vram": st.integers(0, 2**63 - 1) | json_values,
        "expires_at": st.datetimes().map(lambda time: f"{time.isoformat()}Z") | json_values,
    }
)


def test_whatever_ollama_answers_a_scrape_is_valid_and_says_up_or_down(
    start_server: StartServer,
) -> None:
    with OllamaStandIn(tags=models(on_disk("phi4"))) as ollama:
        server = start_server(PACKAGE, OLLAMA_URL=ollama.url)
        up = series("ollama_up", instance_address=ollama.address)

        @settings(max_examples=100, deadline=None)
        @given(st.fixed_dictionaries({"models": st.lists(almost_models)}) | json_values)
        def scrape_is_valid(answer: Any) -> None:
            ollama.answers["/api/ps"] = json.dumps(answer).encode()

            found = ollama_series(server)

            assert found[up] in (0.0, 1.0)
            assert len(found) == 1 or found[up] == 1.0

        scrape_is_valid()


# Several replicas behind one name


def test_every_address_of_the_name_is_asked(start_server: StartServer, tmp_path: Path) -> None:
    replace_resolver(
        tmp_path,
        "return [answer(socket.AF_INET, f'127.0.0.{last}', port) for last in (4, 2, 3, 2)]",
    )

    with (
        OllamaStandIn(host="127.0.0.2", tags=models(on_disk("phi4"))) as first,
        OllamaStandIn(host="127.0.0.3", port=first.port) as second,
    ):
        server = start_server(
            PACKAGE, shims=tmp_path, OLLAMA_URL=f"http://ollama.test:{first.port}"
        )
        found = ollama_series(server)

    assert found == {
        series("ollama_up", instance_address=first.address): 1.0,
        series("ollama_models_available", instance_address=first.address): 1.0,
        series("ollama_model_loaded", instance_address=first.address, model="phi4"): 0.0,
        series("ollama_up", instance_address=second.address): 1.0,
        series("ollama_models_available", instance_address=second.address): 0.0,
        **down(f"127.0.0.4:{first.port}"),
    }


def test_a_replica_with_addresses_of_both_families_counts_once(
    start_server: StartServer, tmp_path: Path
) -> None:
    replace_resolver(
        tmp_path,
        "return [answer(socket.AF_INET6, '::1', port, 0, 0),"
        " answer(socket.AF_INET, '127.0.0.1', port)]",
    )

    with OllamaStandIn() as ollama:
        server = start_server(
            PACKAGE, shims=tmp_path, OLLAMA_URL=f"http://ollama.test:{ollama.port}"
        )
        found = ollama_series(server)

    assert {key for key in found if key[0] == "ollama_up"} == {
        series("ollama_up", instance_address=ollama.address)
    }


@pytest.mark.parametrize(
    "resolver", ["raise socket.gaierror(-2, 'Name or service not known')", "time.sleep(15)"]
)
def test_a_name_that_does_not_resolve_is_one_server_that_is_down(
    start_server: StartServer, tmp_path: Path, resolver: str
) -> None:
    replace_resolver(tmp_path, resolver)
    server = start_server(PACKAGE, shims=tmp_path, OLLAMA_URL="http://ollama.test:11434")

    started = time.monotonic()
    found = ollama_series(server)

    assert found == down("ollama.test:11434")
    assert time.monotonic() - started < SCRAPE_SECONDS


# The server itself


def test_an_unknown_path_is_a_404_in_json(start_server: StartServer) -> None:
    server = start_server(PACKAGE)

    answer = server.get("/api/tags")

    assert answer.status_code == httpx.codes.NOT_FOUND
    assert answer.json() == {"error": "Not Found"}


def test_the_exporter_says_its_own_version(start_server: StartServer) -> None:
    with OllamaStandIn() as ollama:
        metrics = start_server(PACKAGE, OLLAMA_URL=ollama.url).metrics()

    assert metrics[series("ollama_exporter_build_info", version="0.1.0")] == 1.0


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("OLLAMA_URL", "", "write http://HOST:PORT"),
        ("OLLAMA_URL", "ollama-stable:11434", "write http://HOST:PORT"),
        ("OLLAMA_URL", "http://ollama-stable", "write http://HOST:PORT"),
        ("OLLAMA_URL", "http://:11434", "write http://HOST:PORT"),
        ("OLLAMA_URL", "http://ollama-stable:0", "write http://HOST:PORT"),
        ("OLLAMA_URL", "http://ollama-stable:99999", "write http://HOST:PORT"),
        ("OLLAMA_URL", "https://ollama-stable:11434", "write http://HOST:PORT"),
        ("OLLAMA_URL", "http://ollama-stable:11434/api", "write http://HOST:PORT"),
        ("OLLAMA_URL", "http://ollama-stable:11434?x=1", "write http://HOST:PORT"),
        ("OLLAMA_URL", "http://[::1:11434", "write http://HOST:PORT"),
        ("OLLAMA_URL", f"http://{'x' * 64}:11434", "write http://HOST:PORT"),
        ("LOG_LEVEL", "loud", "choose debug, info, warning or error"),
        ("LISTEN_ADDRESS", "9778", "write ADDRESS:PORT"),
        ("LISTEN_ADDRESS", "127.0.0.1:65536", "write ADDRESS:PORT"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_the_process_with_one_line(
    run_server: RunServer, name: str, value: str, remedy: str
) -> None:
    ended = run_server(PACKAGE, **{name: value})

    assert ended.returncode == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"ollama_exporter: {name} is '")
    assert line.endswith(remedy) or f"{remedy}, such as" in line


def test_a_password_in_the_url_is_refused_and_not_repeated(run_server: RunServer) -> None:
    ended = run_server(PACKAGE, OLLAMA_URL="http://admin:hunter2@ollama-stable:11434")

    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert "OLLAMA_URL" in line
    assert "hunter2" not in line


def test_a_port_that_is_taken_ends_the_process_with_one_line(run_server: RunServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ended = run_server(PACKAGE, LISTEN_ADDRESS=f"127.0.0.1:{other.getsockname()[1]}")

    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("ollama_exporter: cannot listen: Address already in use")


def test_a_scrape_is_finished_after_sigterm_while_new_ones_are_refused(
    start_server: StartServer,
) -> None:
    with OllamaStandIn(before_answer=lambda: time.sleep(1)) as ollama:
        server = start_server(PACKAGE, OLLAMA_URL=ollama.url)
        with ThreadPoolExecutor(1) as pool:
            scrape = pool.submit(ollama_series, server)
            time.sleep(0.5)
            server.terminate()
            time.sleep(0.5)
            with pytest.raises(httpx.ConnectError):
                server.get("/health")
            found = scrape.result()

    assert found[series("ollama_up", instance_address=ollama.address)] == 1.0
    assert server.wait() == 0
