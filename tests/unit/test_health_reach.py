"""The ways to a service: a machine's published ports, a cluster's pods."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import MaxRetryError

from components.capacity import CapacityArgs
from components.platforms import DockerArgs, KubernetesArgs
from components.platforms.docker.place import Place
from components.platforms.kubernetes.cluster import Cluster
from components.spec import ServiceSpec
from components.spec.network import Port
from rf import pods
from rf.health import cluster as cluster_module
from rf.health.cluster import ClusterReach
from rf.health.machine import MachineReach, exchange
from rf.health.reach import Answer, Command, ReachError, Request
from tests.unit.health_objects import Echo, specs

BODY = '{"a": "b"}'


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """A server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as found:
        threading.Thread(target=found.serve_forever, args=(0.05,), daemon=True).start()
        yield found
        found.shutdown()


@pytest.fixture
def port(server: ThreadingHTTPServer) -> int:
    """Its port."""
    return server.server_port


def spec(name: str) -> ServiceSpec:
    """A service of the local stack."""
    return next(found for found in specs("local") if found.name == name)


def post(port: int) -> Request:
    """A request with a body to a published port."""
    return Request(
        port=Port(name="http", number=1, published=port), path="/x", method="POST", body=BODY
    )


def test_a_published_port_is_asked_at_the_machines_own_address(port: int) -> None:
    place = Place(args=DockerArgs(prefix="mine", address="127.0.0.1"), environment="local")
    reach = MachineReach(SimpleNamespace(), place)  # type: ignore[arg-type]

    (answer,) = reach.send(spec("grafana"), post(port))

    assert answer == Answer(copy="mine-local-grafana", status=200, body=BODY.encode())


def test_a_redirect_is_an_answer_and_not_a_way_to_somewhere_else(port: int) -> None:
    asked = Request(port=Port(name="http", number=port), path="/moved")

    answer = exchange("grafana", f"http://127.0.0.1:{port}", asked)

    assert answer.status == 302


def test_a_closed_port_is_a_fault_of_the_copy() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        number = held.getsockname()[1]
        asked = Request(port=Port(name="http", number=number), path="/")
        answer = exchange("grafana", f"http://127.0.0.1:{number}", asked)

    assert answer == Answer(copy="grafana", fault="no answer (ConnectionError)")


class Wrapped:
    """What the Kubernetes client hands out for a forwarded port: no socket, but it has one."""

    def __init__(self, opened: socket.socket) -> None:
        self._opened = opened

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opened, name)


CLUSTER = Cluster(
    args=KubernetesArgs(namespace="rf"),
    capacity=CapacityArgs(),
    environment="staging",
)
Listing = Callable[..., Any]
Reached = Callable[[Listing], ClusterReach]


def pod(name: str, *, leaving: bool = False) -> Any:
    """A pod as the API lists it."""
    return SimpleNamespace(
        metadata=SimpleNamespace(name=name, deletion_timestamp="now" if leaving else None)
    )


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> Reached:
    """A reach whose API server answers a listing as it is told."""

    def made(listing: Listing) -> ClusterReach:
        core = SimpleNamespace(
            list_namespaced_pod=listing,
            connect_get_namespaced_pod_portforward=None,
            connect_get_namespaced_pod_exec=None,
        )
        monkeypatch.setattr(cluster_module, "CoreV1Api", lambda _: core)
        return ClusterReach(None, CLUSTER)  # type: ignore[arg-type]

    return made


def listed(*pods: Any) -> Listing:
    """An API server that has these pods."""
    return lambda *_, **__: SimpleNamespace(items=list(pods))


def test_every_pod_that_stays_is_asked_through_the_api_server(
    reached: Reached, monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    def forward(_: object, name: str, namespace: str, *, ports: str) -> Any:
        if name == "b":
            raise ApiException(status=403, reason="Forbidden")
        assert (namespace, ports) == ("rf", "1")
        opened = socket.create_connection(("127.0.0.1", port))
        return SimpleNamespace(socket=lambda _: opened)

    monkeypatch.setattr(pods, "portforward", forward)
    reach = reached(listed(pod("a"), pod("b"), pod("c", leaving=True)))

    answers = reach.send(spec("grafana"), post(1))

    assert answers == (
        Answer(copy="a", status=200, body=BODY.encode()),
        Answer(copy="b", fault="no answer (ApiException)"),
    )


@pytest.mark.parametrize("name", ["ai.example", "other.example"])
def test_a_port_with_tls_is_asked_by_the_name_on_its_certificate(
    reached: Reached,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    server: ThreadingHTTPServer,
    name: str,
) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("ai.example").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    def forward(*_: object, **__: object) -> Any:
        opened = Wrapped(socket.create_connection(("127.0.0.1", server.server_port)))
        return SimpleNamespace(socket=lambda _: opened)

    monkeypatch.setattr(pods, "portforward", forward)
    request = replace(post(1), port=Port(name="http", number=1, tls=name))

    (answer,) = reached(listed(pod("a"))).send(spec("gateway"), request)

    known = name == "ai.example"
    assert answer.status == (200 if known else None)
    assert answer.fault == ("" if known else "no answer (SSLCertVerificationError)")


@pytest.mark.parametrize(
    ("open_still", "expected"),
    [
        (False, Answer(copy="a", status=1)),
        (True, Answer(copy="a", fault="no end within 10 s")),
    ],
)
def test_a_command_ends_with_its_own_status_or_is_given_up(
    reached: Reached,
    monkeypatch: pytest.MonkeyPatch,
    *,
    open_still: bool,
    expected: Answer,
) -> None:
    def begun(_: object, name: str, namespace: str, **options: Any) -> Any:
        assert (name, namespace, options["container"]) == ("a", "rf", "redis")
        assert options["command"] == ["false"]
        return SimpleNamespace(
            run_forever=lambda **_: None,
            is_open=lambda: open_still,
            close=lambda: None,
            returncode=1,
        )

    monkeypatch.setattr(cluster_module, "stream", begun)

    answers = reached(listed(pod("a"))).run(spec("redis"), Command(argv=("false",)))

    assert answers == (expected,)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ApiException(status=403, reason="Forbidden"), "pods cannot be listed: 403 Forbidden"),
        (
            MaxRetryError(None, "/", OSError("refused")),  # type: ignore[arg-type]
            "the cluster's API gives no answer: refused$",
        ),
    ],
)
def test_a_cluster_that_cannot_be_asked_is_said_once(
    reached: Reached, error: Exception, said: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    with pytest.raises(ReachError, match=said):
        reached(refuse).send(spec("grafana"), post(1))
