"""TLS at a real Envoy: who is talked to, who is not, and a certificate that is renewed."""

from __future__ import annotations

import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
import trustme

from components.gateway import GatewayArgs
from components.gateway.tls import CERTIFICATE_SECRET, KEY_SECRET, TlsArgs
from tests.e2e.harness.backend import Backend, running
from tests.e2e.harness.envoy_files import write_secrets
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY, gateway
from tests.e2e.harness.load import Load
from tests.e2e.harness.metrics import samples, total
from tests.e2e.harness.requests import get
from tests.e2e.harness.waiting import seconds_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.e2e.harness.gateway import RunningGateway

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]

HOST = "localhost"
DAYS_LEFT = "envoy_server_days_until_first_cert_expiring"
OURS, THEIRS = trustme.CA(), trustme.CA()


def issued(days: int, authority: trustme.CA = OURS) -> dict[str, str]:
    """A new certificate for so many days, as the stack's two secrets."""
    ends = datetime.now(UTC) + timedelta(days=days, hours=1)
    found = authority.issue_cert(HOST, not_after=ends)
    chain = "".join(pem.bytes().decode() for pem in found.cert_chain_pems)
    return {CERTIFICATE_SECRET: chain, KEY_SECRET: found.private_key_pem.bytes().decode()}


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """A client that believes one authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


FIRST = issued(days=40)


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    backend = Backend(name="server")
    folder = tmp_path_factory.mktemp("tls")
    args = GatewayArgs(tls=TlsArgs(hosts=(HOST,)))
    with (
        running(backend),
        gateway(folder, {"ollama-stable": backend.port}, args=args, secrets=FIRST) as started,
    ):
        yield started


@pytest.fixture
def renewing(envoy: RunningGateway) -> Iterator[RunningGateway]:
    """The same gateway; whatever certificate a test gives it goes again."""
    yield envoy
    write_secrets(envoy.folder, envoy.spec, FIRST)
    seconds_until(lambda: serial(envoy) == number(FIRST), within=5)


def url(envoy: RunningGateway) -> str:
    return f"https://{HOST}:{envoy.ports['ollama']}/api/tags"


def handshake(envoy: RunningGateway, context: ssl.SSLContext) -> ssl.SSLSocket:
    """A connection; ssl.SSLError or OSError where either side refuses it."""
    address = ("127.0.0.1", envoy.ports["ollama"])
    return context.wrap_socket(socket.create_connection(address, 5), server_hostname=HOST)


def serial(envoy: RunningGateway) -> str:
    """Which certificate a new connection gets."""
    with handshake(envoy, trusting(OURS)) as connection:
        return str((connection.getpeercert() or {})["serialNumber"])


def number(secrets: Mapping[str, str]) -> str:
    """The serial number of a certificate, as ``serial`` has it."""
    from cryptography.x509 import load_pem_x509_certificate

    found = f"{load_pem_x509_certificate(secrets[CERTIFICATE_SECRET].encode()).serial_number:X}"
    return found.zfill(len(found) + len(found) % 2)


def days_left(envoy: RunningGateway) -> float:
    """What the alerts on certificates look at."""
    return total(samples(httpx.get(envoy.url("stats", "/stats/prometheus")).text), DAYS_LEFT)


def test_a_client_that_trusts_the_authority_is_served(envoy: RunningGateway) -> None:
    reply = httpx.get(url(envoy), verify=trusting(OURS))

    assert (reply.status_code, reply.text) == (200, "server")


def test_http_2_is_offered(envoy: RunningGateway) -> None:
    context = trusting(OURS)
    context.set_alpn_protocols(["h2", "http/1.1"])

    with handshake(envoy, context) as connection:
        assert connection.selected_alpn_protocol() == "h2"


def test_a_client_that_trusts_another_authority_does_not_talk_to_it(
    envoy: RunningGateway,
) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(url(envoy), verify=trusting(THEIRS))


def test_plain_text_is_not_answered(envoy: RunningGateway) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(envoy.url("ollama"))

    (reply,) = envoy.send([get()])
    assert reply.status == 0


@pytest.mark.parametrize(
    ("version", "accepted"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_nothing_older_than_tls_1_2_is_spoken(
    envoy: RunningGateway, version: ssl.TLSVersion, *, accepted: bool
) -> None:
    context = trusting(OURS)
    # Of its own accord this side would not try the older one either.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version

    if accepted:
        handshake(envoy, context).close()
        return
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        handshake(envoy, context)


def test_probes_and_metrics_stay_as_they_are(envoy: RunningGateway) -> None:
    assert httpx.get(envoy.url("stats", "/ready")).is_success


def test_the_days_that_the_certificate_has_left_are_a_metric_and_follow_a_renewal(
    renewing: RunningGateway,
) -> None:
    before = days_left(renewing)
    later = issued(days=80)

    write_secrets(renewing.folder, renewing.spec, later)
    seconds_until(lambda: days_left(renewing) != before, within=10)

    assert (before, days_left(renewing)) == (40, 80)


def test_a_certificate_without_its_key_changes_nothing(renewing: RunningGateway) -> None:
    torn = {**FIRST, CERTIFICATE_SECRET: issued(days=80)[CERTIFICATE_SECRET]}

    write_secrets(renewing.folder, renewing.spec, torn)
    time.sleep(0.5)

    assert serial(renewing) == number(FIRST)


def test_a_renewal_drops_no_request_and_keeps_open_connections(renewing: RunningGateway) -> None:
    later = issued(days=80)
    context = trusting(OURS)
    staying = httpx.Client(verify=context)
    staying.get(url(renewing))

    with Load(url=url(renewing), context=context) as load:
        load.await_answers(20)
        write_secrets(renewing.folder, renewing.spec, later)
        took = seconds_until(lambda: serial(renewing) == number(later), within=5)
        load.await_answers(30)

    assert set(load.results) == {200}
    assert took < 2
    assert staying.get(url(renewing)).is_success


def test_neither_key_nor_certificate_is_in_anything_that_envoy_says(envoy: RunningGateway) -> None:
    httpx.get(url(envoy), verify=trusting(OURS))
    said = (envoy.folder / "stdout").read_text() + (envoy.folder / "log").read_text()
    written = (envoy.folder / "envoy.yaml").read_text()

    for line in FIRST[KEY_SECRET].splitlines()[1:-1]:
        assert line not in said + written
