"""The exporter's own paths, settings and end."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.services.faiss_client import until
from tests.services.ollama_series import PACKAGE, ollama_series
from tests.services.ollama_stand_in import (
    OllamaStandIn,
)
from tests.services.server_process import PATIENCE_SECONDS, series

if TYPE_CHECKING:
    from tests.services.conftest import RunServer, StartServer


def test_an_unknown_path_is_a_404_in_json(start_server: StartServer) -> None:
    server = start_server(PACKAGE)

    answer = server.get("/api/tags")

    assert answer.status_code == httpx.codes.NOT_FOUND
    assert answer.json() == {"error": "Not Found"}


def test_the_exporter_says_its_own_version(start_server: StartServer) -> None:
    with OllamaStandIn() as ollama:
        metrics = start_server(PACKAGE, {"OLLAMA_URL": ollama.url}).metrics()

    assert metrics[series("ollama_exporter_build_info", version="0.1.0")] == 1.0


URL = "write http://HOST:PORT or https://HOST:PORT"


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("OLLAMA_URL", "", URL),
        ("OLLAMA_URL", "ollama-stable:11434", URL),
        ("OLLAMA_URL", "http://ollama-stable", URL),
        ("OLLAMA_URL", "http://:11434", URL),
        ("OLLAMA_URL", "http://ollama-stable:0", URL),
        ("OLLAMA_URL", "http://ollama-stable:99999", URL),
        ("OLLAMA_URL", "ftp://ollama-stable:11434", URL),
        ("OLLAMA_URL", "http://ollama-stable:11434/api", URL),
        ("OLLAMA_URL", "http://ollama-stable:11434?x=1", URL),
        ("OLLAMA_URL", "http://[::1:11434", URL),
        ("OLLAMA_URL", f"http://{'x' * 64}:11434", URL),
        ("LOG_LEVEL", "loud", "choose debug, info, warning or error"),
        ("LISTEN_ADDRESS", "9778", "write ADDRESS:PORT"),
        ("LISTEN_ADDRESS", "127.0.0.1:65536", "write ADDRESS:PORT"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_the_process_with_one_line(
    run_server: RunServer, name: str, value: str, remedy: str
) -> None:
    ended = run_server(PACKAGE, {name: value})

    assert ended.returncode == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"ollama_exporter: {name} is '")
    assert line.endswith(remedy) or f"{remedy}, such as" in line


def test_a_password_in_the_url_is_refused_and_not_repeated(run_server: RunServer) -> None:
    ended = run_server(PACKAGE, {"OLLAMA_URL": "http://admin:hunter2@ollama-stable:11434"})

    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert "OLLAMA_URL" in line
    assert "hunter2" not in line


def test_a_port_that_is_taken_ends_the_process_with_one_line(run_server: RunServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ended = run_server(PACKAGE, {"LISTEN_ADDRESS": f"127.0.0.1:{other.getsockname()[1]}"})

    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("ollama_exporter: cannot listen: Address already in use")


def test_a_scrape_is_finished_after_sigterm_while_new_ones_are_refused(
    start_server: StartServer,
) -> None:
    with OllamaStandIn(holds=True) as ollama:
        server = start_server(PACKAGE, {"OLLAMA_URL": ollama.url})
        with ThreadPoolExecutor(1) as pool:
            scrape = pool.submit(ollama_series, server)
            assert ollama.asked.wait(PATIENCE_SECONDS)
            server.terminate()
            until(server.refuses, "the end of new connections")
            ollama.may_answer.set()
            found = scrape.result()

    assert found[series("ollama_up", instance_address=ollama.address)] == 1.0
    assert server.wait() == 0
