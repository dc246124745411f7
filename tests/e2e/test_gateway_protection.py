"""What the gateway keeps from the servers behind it, and from its own log."""

from __future__ import annotations

import json
import socket
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from components.context import Context
from components.gateway import GatewayArgs
from components.triton import Triton, TritonArgs
from tests.e2e.harness.backend import Backend, running
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY, gateway, ollama
from tests.e2e.harness.requests import get, request
from tests.e2e.harness.waiting import seconds_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.harness.gateway import RunningGateway
    from tests.e2e.harness.requests import Reply

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND")
MEBIBYTE = 2**20
MANAGEMENT = [
    *(("ollama", f"/api/{name}") for name in ("pull", "push", "create", "copy", "delete")),
    (
        "ollama",
        "/api/blobs/sha256:29fdb92e57cf0827ded04ae6461b5931d01fa595843f55d36f5b275a52087dd2",
    ),
    ("ollama", "/api/signout"),
    ("ollama", "/api/experimental/aliases"),
    ("triton", "/v2/repository/index"),
    ("triton", "/v2/repository/models/small/load"),
    ("triton", "/v2/repository/models/small/unload"),
    ("triton", "/v2/systemsharedmemory/region/mine/register"),
    ("triton", "/v2/systemsharedmemory/unregister"),
    ("triton", "/v2/cudasharedmemory/region/mine/register"),
    ("triton", "/v2/trace/setting"),
    ("triton", "/v2/models/small/trace/setting"),
    ("triton", "/v2/models/small/versions/1/trace/setting"),
    ("triton", "/v2/logging"),
]
SPELLINGS = [
    "/API/Pull", "//api//pull", "///api/pull", "/api/pull/", "/api/pull//", "/api/./pull",
    "/api/show/../pull", "/x/../api/pull", "/%61pi/pull", "/api/%70ull", "/%61%70%69/%70%75%6c%6c",
    "/%41PI/PULL", "/api%2Fpull", "/api%2fpull", "/api%5Cpull", "/api/%2e/pull",
    "/api/%2E%2E/api/pull", "/api/x%2F..%2Fpull", "/api\\pull", "/api/pull?stream=false",
    "/api/pull/?x", "/api/pull%2F", "http://gateway/api/pull",
]  # fmt: skip
ALLOWED = [
    ("ollama", "/api/generate"), ("ollama", "/api/chat"), ("ollama", "/api/tags"),
    ("ollama", "/api/ps"), ("ollama", "/api/show"), ("ollama", "/v1/models"),
    ("ollama", "/api/pullover"), ("ollama", "/v1/api/pull"),
    ("triton", "/v2/models/small/infer"), ("triton", "/v2/health/ready"),
    ("triton", "/v2/models/repository/infer"), ("triton", "/v2/models/small/stats"),
]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Backend]:
    """Stands for all servers behind the gateway."""
    backend = Backend(name="server")
    with running(backend):
        yield backend


@pytest.fixture(scope="module")
def envoy(server: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    ports = {"ollama-stable": server.port, "triton-stable": server.port}
    peers = (*ollama(canary=False), Triton.describe(TritonArgs(), Context()))
    folder = tmp_path_factory.mktemp("protection")
    with gateway(folder, ports, args=GatewayArgs(max_request=1), peers=peers) as started:
        yield started


@pytest.fixture(autouse=True)
def _forget(server: Backend) -> None:
    server.seen.clear()


def refused(reply: Reply) -> bool:
    """Whether a reply is the gateway's own 403, with its reason in JSON."""
    kind = "content-type: application/json" in reply.headers
    return reply.status == 403 and kind and "platform" in str(json.loads(reply.body)["error"])


@pytest.mark.parametrize(("listener", "path"), MANAGEMENT)
def test_management_is_refused_on_every_method(
    envoy: RunningGateway, server: Backend, listener: str, path: str
) -> None:
    replies = envoy.send([request(method, path) for method in METHODS], listener=listener)

    # The answer to HEAD has no body.
    assert [reply.status for reply in replies] == [403] * len(METHODS)
    assert all(
        refused(reply) for reply, method in zip(replies, METHODS, strict=True) if method != "HEAD"
    )
    assert server.seen == []


def test_management_is_refused_in_every_spelling(envoy: RunningGateway, server: Backend) -> None:
    replies = envoy.send([request("POST", path, b"{}") for path in SPELLINGS])

    passed = [path for path, r in zip(SPELLINGS, replies, strict=True) if not refused(r)]
    assert passed == []
    assert server.seen == []


@pytest.mark.parametrize(("listener", "path"), ALLOWED)
def test_everything_else_passes(
    envoy: RunningGateway, server: Backend, listener: str, path: str
) -> None:
    (reply,) = envoy.send([request("POST", path, b"{}")], listener=listener)

    assert reply.status == 200
    assert server.seen == [f"POST {path}"]


def test_a_request_that_is_too_large_is_refused_whether_it_says_so_or_not(
    envoy: RunningGateway, server: Backend
) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(5):
            yield bytes(MEBIBYTE // 4)

    said = httpx.post(envoy.url("ollama"), content=bytes(MEBIBYTE + 1))
    unsaid = httpx.post(envoy.url("ollama"), content=pieces())

    assert said.status_code == unsaid.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert server.seen == []


def test_a_request_of_the_largest_size_passes(envoy: RunningGateway) -> None:
    assert httpx.post(envoy.url("ollama"), content=bytes(MEBIBYTE)).is_success


@pytest.mark.parametrize("path", ["/", "/config_dump", "/clusters", "/quitquitquit", "/stats"])
def test_the_second_listener_says_nothing_but_readiness_and_metrics(
    envoy: RunningGateway, path: str
) -> None:
    assert httpx.get(envoy.url("stats", path)).status_code == httpx.codes.NOT_FOUND
    assert httpx.get(envoy.url("stats", "/ready")).is_success
    assert httpx.get(envoy.url("stats", "/stats/prometheus")).is_success


def test_the_log_holds_a_line_of_json_for_each_request_and_no_secret(
    envoy: RunningGateway,
) -> None:
    secrets = {
        "authorization": "Bearer secret-token",
        "proxy-authorization": "Basic secret-password",
        "cookie": "session=secret-session; researchflow-user=secret-cookie-user",
        "x-researchflow-user": "secret-user",
        "x-api-key": "secret-key",
        "user-agent": "secret-agent",
        "referer": "http://secret-referer/",
        "x-request-id": "secret-request",
        "x-forwarded-for": "secret-forwarded",
    }

    for path in ("/v1/secretive?token=secret-query", "/api/pull/now?token=secret-query"):
        httpx.post(
            envoy.url("ollama", path),
            content=b'{"model": "llama3.2:3b", "prompt": "secret-prompt"}',
            headers=secrets,
        )
    seconds_until(lambda: bool(logged(envoy, "/api/pull/now")), within=15)

    assert "secret-" not in (envoy.folder / "stdout").read_text()
    (served,), (kept,) = logged(envoy, "/v1/secretive"), logged(envoy, "/api/pull/now")
    assert (served["method"], served["status"], kept["status"]) == ("POST", 200, 403)
    assert served["cluster"] == "ollama_stable"
    assert served["bytes_received"] > 0
    assert served["milliseconds"] >= 0


def test_what_envoy_says_of_itself_is_json_from_its_first_line(envoy: RunningGateway) -> None:
    said = [json.loads(line) for line in (envoy.folder / "log").read_text().splitlines()]

    assert said[0]["message"].startswith("initializing epoch")
    assert all(line.keys() == {"time", "level", "logger", "message"} for line in said)


def logged(envoy: RunningGateway, path: str) -> list[dict[str, Any]]:
    """The lines of the access log about ``path``."""
    return [line for line in envoy.log if line["path"] == path]


def test_probes_and_scrapes_are_not_in_the_log(envoy: RunningGateway) -> None:
    httpx.get(envoy.url("stats", "/ready"))
    httpx.get(envoy.url("ollama", "/after-the-probe"))
    seconds_until(lambda: bool(logged(envoy, "/after-the-probe")), within=15)

    assert logged(envoy, "/ready") == []


def test_connections_above_the_limit_are_closed_and_metrics_stay_reachable(
    tmp_path: Path, server: Backend
) -> None:
    args = GatewayArgs(max_connections=5)
    with gateway(tmp_path, {"ollama-stable": server.port}, args=args) as envoy:
        address = ("127.0.0.1", envoy.ports["ollama"])
        clients = [socket.create_connection(address) for _ in range(8)]
        for client in clients:
            client.sendall(get())
            client.settimeout(5)
        answered = Counter(bool(heard(client)) for client in clients)
        metrics = httpx.get(envoy.url("stats", "/stats/prometheus")).is_success
        for client in clients:
            client.close()

    assert answered == {True: 5, False: 3}
    assert metrics


def heard(client: socket.socket) -> bytes:
    """What comes back; nothing where the connection was closed."""
    try:
        return client.recv(4096)
    except ConnectionError:
        return b""
