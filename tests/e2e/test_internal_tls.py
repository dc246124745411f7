"""TLS between services, with real Envoys: gateway, sidecar, server."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import httpx
import pytest
import trustme

from components.ollama import Ollama, OllamaArgs
from tests.e2e.harness.backend import Backend, running
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY, gateway
from tests.e2e.harness.load import Load
from tests.e2e.harness.metrics import samples, total
from tests.e2e.harness.requests import get
from tests.e2e.harness.sidecar import TLS, issue, sidecar, trusting
from tests.e2e.harness.waiting import seconds_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from components.spec import ServiceSpec, Track
    from tests.e2e.harness.backend import Behaviour
    from tests.e2e.harness.gateway import RunningGateway
    from tests.e2e.harness.sidecar import RunningSidecar

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]

OURS, THEIRS = trustme.CA(), trustme.CA()
AT_ONCE = 20
"""Requests that the harness has under way. The server's end may be known after a handshake."""
DAYS_LEFT = "envoy_server_days_until_first_cert_expiring"


def ollama(track: Track) -> ServiceSpec:
    return Ollama.describe(OllamaArgs(), replace(TLS, track=track))


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A gateway, and a sidecar with a server behind it for each track."""

    gateway: RunningGateway
    sidecars: Mapping[Track, RunningSidecar]
    servers: Mapping[Track, Backend]
    lives: Mapping[Track, ExitStack]
    """Closing one ends the server, and leaves its sidecar."""

    def statuses(self, count: int) -> list[int]:
        return [reply.status for reply in self.gateway.send([get()] * count)]


@contextmanager
def chain(
    folder: Path, *tracks: Track, authority: trustme.CA = OURS, name: str = "ollama"
) -> Iterator[Chain]:
    """The sidecars' certificates are signed by ``authority`` for ``name``; ours is trusted."""
    specs = {track: ollama(track) for track in tracks}
    servers = {track: Backend(name=track) for track in tracks}
    with ExitStack() as stack:
        lives = {track: stack.enter_context(ExitStack()) for track in tracks}
        for track, life in lives.items():
            life.enter_context(running(servers[track]))
        sidecars = {}
        for track, spec in specs.items():
            inside = {"http": servers[track].port}
            started = stack.enter_context(sidecar(folder / track, spec, inside, OURS))
            sidecars[track] = started
            issue(started.certificates, authority, name)
        issue(folder / "internal-tls", OURS, "gateway")
        ports = {specs[track].instance: each.ports["http"] for track, each in sidecars.items()}
        weights = {"stable": 0, "canary": 100} if "canary" in tracks else None
        before = gateway(folder, ports, weights=weights, peers=tuple(specs.values()), context=TLS)
        yield Chain(
            gateway=stack.enter_context(before), sidecars=sidecars, servers=servers, lives=lives
        )


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with chain(tmp_path_factory.mktemp("trusted"), "stable") as started:
        seconds_until(lambda: started.statuses(1) == [200], within=10)
        yield started


def handshake(port: int, context: ssl.SSLContext, name: str = "ollama") -> ssl.SSLSocket:
    """A connection; ssl.SSLError or OSError where either side refuses it."""
    return context.wrap_socket(
        socket.create_connection(("127.0.0.1", port), 5), server_hostname=name
    )


def serial(port: int) -> str:
    """Which certificate a new connection gets."""
    with handshake(port, trusting(OURS)) as connection:
        return str((connection.getpeercert() or {})["serialNumber"]).lower().lstrip("0")


def test_a_request_goes_through_gateway_sidecar_and_server(trusted: Chain) -> None:
    (reply,) = trusted.gateway.send([get()])

    assert (reply.status, reply.body) == (200, "stable")
    assert trusted.gateway.stat("cluster.ollama_stable.ssl.handshake") != "0"


def test_the_sidecar_answers_nobody_who_speaks_plainly(trusted: Chain) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://127.0.0.1:{trusted.sidecars['stable'].ports['http']}/api/tags")


@pytest.mark.parametrize(
    ("authority", "name", "complaint"),
    [(THEIRS, "ollama", "self.signed|unable to get local issuer"), (OURS, "redis", "mismatch")],
    ids=["another authority", "another name"],
)
def test_a_client_checks_authority_and_name(
    trusted: Chain, authority: trustme.CA, name: str, complaint: str
) -> None:
    port = trusted.sidecars["stable"].ports["http"]

    with pytest.raises(ssl.SSLCertVerificationError, match=complaint):
        handshake(port, trusting(authority), name)


@pytest.mark.parametrize(
    ("authority", "name", "count"),
    [(THEIRS, "ollama", "fail_verify_error"), (OURS, "triton", "fail_verify_san")],
    ids=["another authority", "another service"],
)
def test_the_gateway_sends_nothing_to_a_server_that_cannot_prove_who_it_is(
    tmp_path: Path, authority: trustme.CA, name: str, count: str
) -> None:
    with chain(tmp_path, "stable", authority=authority, name=name) as started:
        time.sleep(1.5)

        assert started.statuses(3) == [503] * 3
        assert started.servers["stable"].seen == []
        assert int(started.gateway.stat(f"cluster.ollama_stable.ssl.{count}")) > 0


def test_nothing_older_than_tls_1_2_is_spoken(trusted: Chain) -> None:
    context = trusting(OURS)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        handshake(trusted.sidecars["stable"].ports["http"], context)


def test_a_renewal_under_load_drops_nothing_and_keeps_open_connections(trusted: Chain) -> None:
    sidecar = trusted.sidecars["stable"]
    port = sidecar.ports["http"]
    context = trusting(OURS)
    url = f"https://ollama:{port}/api/tags"
    staying = handshake(port, context)

    with (
        Load(url=trusted.gateway.url("ollama", "/api/tags")) as through,
        Load(url=url.replace("ollama", "127.0.0.1"), context=context, name="ollama") as direct,
    ):
        through.await_answers(20)
        direct.await_answers(20)
        wanted = issue(sidecar.certificates, OURS, "ollama", days=80)
        took = seconds_until(lambda: serial(port) == wanted, within=5)
        through.await_answers(30)
        direct.await_answers(30)

    assert set(through.results) == set(direct.results) == {200}
    assert took < 2
    staying.sendall(get())
    assert staying.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_certificate_without_its_key_changes_nothing(trusted: Chain) -> None:
    sidecar = trusted.sidecars["stable"]
    before = serial(sidecar.ports["http"])
    beside = sidecar.certificates / "other"
    issue(beside, OURS, "ollama")

    (beside / "tls.crt").rename(sidecar.certificates / "tls.crt")
    time.sleep(0.5)

    assert serial(sidecar.ports["http"]) == before
    issue(sidecar.certificates, OURS, "ollama")


def test_the_days_that_a_certificate_has_left_are_a_metric(trusted: Chain) -> None:
    sidecar = trusted.sidecars["stable"]

    issue(sidecar.certificates, OURS, "ollama", days=12)
    seconds_until(lambda: total(samples(sidecar.metrics), DAYS_LEFT) == 12, within=10)

    issue(sidecar.certificates, OURS, "ollama")


def test_a_new_authority_is_trusted_without_a_restart(tmp_path: Path) -> None:
    new = trustme.CA()
    with chain(tmp_path, "stable") as started:
        seconds_until(lambda: started.statuses(1) == [200], within=10)

        issue(started.sidecars["stable"].certificates, new, "ollama")
        issue(tmp_path / "internal-tls", new, "gateway")

        seconds_until(lambda: started.statuses(3) == [200] * 3, within=20)


def test_a_dead_server_behind_a_live_sidecar_costs_no_more_than_its_detection(
    tmp_path: Path,
) -> None:
    with chain(tmp_path, "stable", "canary") as started:
        seconds_until(lambda: started.statuses(1) == [200], within=10)
        assert [reply.body for reply in started.gateway.send([get()] * 20)] == ["canary"] * 20

        started.lives["canary"].close()

        replies = started.gateway.send([get()] * 200)
        lost = [reply for reply in replies if reply.status != 200]
        assert {reply.body for reply in replies if reply not in lost} == {"stable"}
        assert len(lost) <= AT_ONCE
        assert set(started.statuses(200)) == {200}


@pytest.mark.parametrize(("behaviour", "status"), [("resetting", 503), ("breaking", 0)])
def test_a_broken_answer_is_as_broken_behind_a_sidecar(
    tmp_path: Path, behaviour: Behaviour, status: int
) -> None:
    with chain(tmp_path, "stable") as started:
        seconds_until(lambda: started.statuses(1) == [200], within=10)
        began = started.gateway.counts["ollama", "stable"]

        started.servers["stable"].behaviour = behaviour
        assert started.statuses(1) == [status]

        ended = started.gateway.counts["ollama", "stable"]
        assert ended.errors["reset"] - began.errors["reset"] == 1
