"""Of two FAISS servers one writes: changes go to it, whatever the weights are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.context import Context
from components.faiss import Faiss, FaissArgs
from tests.e2e.harness.backend import Backend, running
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY, gateway
from tests.e2e.harness.requests import request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.harness.gateway import RunningGateway

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]

PEERS = (
    Faiss.describe(FaissArgs(), Context()),
    Faiss.describe(FaissArgs(), Context(track="canary")),
)


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """Everybody is on the canary, which follows."""
    stable, canary = Backend(name="stable"), Backend(name="canary")
    with running(stable, canary):
        ports = {"faiss-stable": stable.port, "faiss-canary": canary.port}
        folder = tmp_path_factory.mktemp("writer")
        weights = {"stable": 0, "canary": 100}
        with gateway(folder, ports, peers=PEERS, weights=weights) as started:
            yield started


@pytest.mark.parametrize(
    ("method", "path", "server"),
    [
        ("PUT", "/indexes/papers", "stable"),
        ("DELETE", "/indexes/papers", "stable"),
        ("POST", "/indexes/papers/vectors", "stable"),
        ("POST", "/indexes/papers/remove", "stable"),
        ("POST", "/indexes/papers/rebuild", "stable"),
        ("POST", "/indexes/papers/vectors?wait=true", "stable"),
        ("POST", "/indexes/papers/search", "canary"),
        ("GET", "/indexes/papers", "canary"),
        ("GET", "/indexes", "canary"),
    ],
)
def test_a_change_goes_to_the_writer_and_a_question_by_weight(
    envoy: RunningGateway, method: str, path: str, server: str
) -> None:
    (reply,) = envoy.send([request(method, path, b"{}")], listener="faiss")

    assert (reply.status, reply.body) == (200, server)


@pytest.mark.parametrize(
    "path", ["/snapshots", "/restores/1/commit", "/wal?from=0", "/role", "/promote", "/handover"]
)
def test_what_operators_use_is_no_clients_business(envoy: RunningGateway, path: str) -> None:
    (reply,) = envoy.send([request("POST", path, b"{}")], listener="faiss")

    assert reply.status == 403
    assert "rf backup" in reply.body
