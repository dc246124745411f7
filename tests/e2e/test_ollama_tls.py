"""A real Ollama behind its sidecar: on loopback, where it listens to local names only."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest
import trustme

from components.ollama import Ollama, OllamaArgs
from rf.rollout.effects import http
from rf.rollout.effects.models import models
from tests.e2e.harness.envoy_files import free_port
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY, answers, gateway
from tests.e2e.harness.needs import require_ollama
from tests.e2e.harness.requests import request
from tests.e2e.harness.sidecar import TLS, issue, sidecar
from tests.e2e.harness.waiting import seconds_until
from tests.services.faults import replace_resolver
from tests.services.ollama_series import PACKAGE
from tests.services.server_process import environment, launch, series

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.harness.gateway import RunningGateway

require_ollama()
SPEC = Ollama.describe(OllamaArgs(), TLS)
OURS = trustme.CA()
NAME = "ollama.test"
"""What the exporter calls it."""
pytestmark = [
    pytest.mark.xdist_group("e2e-ollama"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Ports of the server itself and of its sidecar, and the gateway before both."""

    server: int
    sidecar: int
    gateway: RunningGateway


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """An Ollama without models."""
    folder = tmp_path_factory.mktemp("chain")
    port = free_port()
    own = {"HOME": str(folder), "OLLAMA_MODELS": str(folder / "models")}
    variables = {**SPEC.environment, **own, "OLLAMA_HOST": f"127.0.0.1:{port}"}
    with ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("wb"))
        server = subprocess.Popen(
            ["ollama", "serve"], env={"PATH": os.environ["PATH"], **variables}, stderr=log
        )
        stack.callback(server.wait)
        stack.callback(server.terminate)
        seconds_until(lambda: answers(f"http://127.0.0.1:{port}/"), within=30)
        beside = stack.enter_context(sidecar(folder / "beside", SPEC, {"http": port}, OURS))
        issue(beside.certificates, OURS, SPEC.name, NAME)
        issue(folder / "internal-tls", OURS, "gateway")
        ports = {SPEC.instance: beside.ports["http"]}
        before = stack.enter_context(gateway(folder, ports, peers=(SPEC,), context=TLS))
        yield Chain(server=port, sidecar=beside.ports["http"], gateway=before)


def test_it_does_not_listen_to_other_names(chain: Chain) -> None:
    url = f"http://127.0.0.1:{chain.server}/api/version"

    statuses = {
        host: httpx.get(url, headers={"host": host}).status_code
        for host in ("ollama-stable:11434", "ai.example.com", "localhost", "10.0.0.9:11434")
    }

    assert statuses == {
        "ollama-stable:11434": httpx.codes.FORBIDDEN,
        "ai.example.com": httpx.codes.FORBIDDEN,
        "localhost": httpx.codes.OK,
        # A kubelet names the address of the pod.
        "10.0.0.9:11434": httpx.codes.OK,
    }


def test_a_client_may_call_the_gateway_by_any_name(chain: Chain) -> None:
    asked = request("GET", "/api/version", host="ai.example.com")
    seconds_until(lambda: chain.gateway.send([asked])[0].status == httpx.codes.OK, within=10)

    assert "version" in chain.gateway.send([asked])[0].body


def test_the_exporter_finds_it_up(chain: Chain, tmp_path: Path) -> None:
    authority = tmp_path / "ca.crt"
    OURS.cert_pem.write_to_path(str(authority))
    replace_resolver(tmp_path, "return [answer(socket.AF_INET, '127.0.0.1', port)]")
    where = {"OLLAMA_URL": f"https://{NAME}:{chain.sidecar}", "SSL_CERT_FILE": str(authority)}
    up = series("ollama_up", instance_address=f"127.0.0.1:{chain.sidecar}")

    exporter = launch(["-m", PACKAGE], environment(PACKAGE, where, tmp_path), tmp_path)
    try:
        seconds_until(lambda: exporter.metrics()[up] == 1, within=10)
    finally:
        exporter.process.kill()
        exporter.process.wait()


def test_a_rollout_that_asks_inside_the_pod_is_answered(chain: Chain) -> None:
    with socket.create_connection(("127.0.0.1", chain.server)) as connection:
        connection.sendall(http.request("/api/ps"))
        received = b"".join(iter(lambda: connection.recv(4096), b""))

    assert models(http.body(received, SPEC.instance)) == ()
