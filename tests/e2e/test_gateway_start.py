"""A gateway while the servers behind it are not all there yet."""

import time
from pathlib import Path

import httpx
import pytest

from components.context import Context
from components.faiss import Faiss, FaissArgs
from components.triton import Triton, TritonArgs
from tests.e2e.harness.backend import Backend, running
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY, gateway, ollama

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]

PEERS = (
    *ollama(canary=False),
    Triton.describe(TritonArgs(), Context()),
    Faiss.describe(FaissArgs(), Context()),
)


def test_every_service_answers_on_its_own_listener(tmp_path: Path) -> None:
    servers = [Backend(name=name) for name in ("ollama", "triton", "faiss")]

    with running(*servers):
        ports = {f"{server.name}-stable": server.port for server in servers}
        with gateway(tmp_path, ports, peers=PEERS) as envoy:
            answered = [httpx.get(envoy.url(server.name, "/any")).text for server in servers]

    assert answered == ["ollama", "triton", "faiss"]


def test_a_service_that_has_no_name_yet_holds_the_others_up_for_seconds_only(
    tmp_path: Path,
) -> None:
    triton, faiss = Backend(name="triton"), Backend(name="faiss")

    with running(triton, faiss):
        ports = {"triton-stable": triton.port, "faiss-stable": faiss.port}
        began = time.monotonic()
        with gateway(tmp_path, ports, peers=PEERS) as envoy:
            took = time.monotonic() - began
            answered = httpx.get(envoy.url("faiss")).text
            missing = httpx.get(envoy.url("ollama")).status_code

    assert answered == "faiss"
    assert missing == httpx.codes.SERVICE_UNAVAILABLE
    # Of Envoy's own accord it would be 20 s and more.
    assert took < 12
