"""Clients from outside at a real Envoy: who comes in, how often, and who does no longer."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import jwt
import pytest

from components.gateway import GatewayArgs
from components.gateway.authentication import ROUTE_PATH, key_file
from components.gateway.rate_limits import limits
from components.gateway.routes import route_files
from tests.e2e.harness.backend import Backend, running
from tests.e2e.harness.credentials import Key, access, bearer
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY, gateway
from tests.e2e.harness.requests import get, request
from tests.e2e.harness.waiting import seconds_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from components.gateway.access import AccessArgs
    from tests.e2e.harness.gateway import RunningGateway

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]

MOBILE, PARTNER = Key(client="mobile", name="mobile"), Key(client="partner", name="partner")
RATES = {"partner": "6/minute"}
CLOCK_SKEW = timedelta(minutes=1)
"""What Envoy forgives a token that has ended."""
KEY_FILE = ROUTE_PATH.rpartition("/")[2]


@pytest.fixture(scope="module")
def server() -> Iterator[Backend]:
    backend = Backend(name="server")
    with running(backend):
        yield backend


@pytest.fixture(scope="module")
def envoy(server: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("clients")
    args = GatewayArgs(access=access(MOBILE, PARTNER, rates=RATES))
    with gateway(folder, {"ollama-stable": server.port}, args=args) as started:
        yield started


@pytest.fixture
def changing(envoy: RunningGateway) -> Iterator[RunningGateway]:
    """The same gateway; what a test changes of its clients is put back."""
    yield envoy
    tell(envoy, access(MOBILE, PARTNER, rates=RATES))
    seconds_until(lambda: asked(envoy, MOBILE.token()) == httpx.codes.OK, within=5)


def tell(envoy: RunningGateway, clients: AccessArgs) -> None:
    """Replace the watched file of the gateway's clients."""
    envoy.replace(KEY_FILE, key_file(clients))


def asked(envoy: RunningGateway, token: str | None, path: str = "/v1/models") -> int:
    """The status that a request with ``token`` gets."""
    headers = bearer(token) if token else {}
    return httpx.get(envoy.url("ollama", path), headers=headers).status_code


def test_a_client_with_a_good_token_is_served(envoy: RunningGateway) -> None:
    assert asked(envoy, MOBILE.token()) == httpx.codes.OK


@pytest.mark.parametrize(
    ("case", "token"),
    [
        ("none at all", None),
        ("no token", "hello"),
        ("ended", MOBILE.token(exp=datetime.now(UTC) - 2 * CLOCK_SKEW)),
        ("never ends", MOBILE.token(exp=None)),
        ("for nothing in particular", MOBILE.token(aud=None)),
        ("signed by another client", PARTNER.token(kid="mobile", sub="mobile")),
        ("signed by nobody known", Key(client="mobile", name="mobile").token()),
        ("of an unknown client", Key(client="other", name="other").token()),
        ("not signed", jwt.encode({"sub": "mobile"}, key="", algorithm="none")),
        (
            "signed with the public key",
            jwt.encode({"sub": "mobile"}, "not-a-secret" * 4, headers={"kid": "mobile"}),
        ),
    ],
    # A token is another one in every process that collects this file.
    ids=lambda value: "" if value is None or "." in value else value,
)
def test_nobody_else_is_served(
    envoy: RunningGateway, server: Backend, case: str, token: str | None
) -> None:
    server.seen.clear()

    assert asked(envoy, token) in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN), case
    assert server.seen == []


def test_a_token_of_another_environment_is_refused(envoy: RunningGateway) -> None:
    token = MOBILE.token(aud="researchflow-ai-production")

    assert asked(envoy, token) == httpx.codes.FORBIDDEN


def test_a_token_in_an_address_is_not_looked_at(envoy: RunningGateway) -> None:
    path = f"/v1/models?access_token={MOBILE.token()}"

    assert asked(envoy, None, path) == httpx.codes.UNAUTHORIZED


def test_the_guides_health_check_needs_no_token_and_nothing_near_it_is_open(
    envoy: RunningGateway,
) -> None:
    open_to_all = [get("/api/tags"), get("/api/version"), get("/api//tags?x=1")]
    closed = [
        *(request(method, "/api/tags", b"{}") for method in ("POST", "PUT", "DELETE")),
        *(get(path) for path in ("/api/tags/", "/api/tags/x", "/api/tags/../ps", "/api/tagsx")),
    ]

    assert {reply.status for reply in envoy.send(open_to_all)} == {httpx.codes.OK}
    assert {reply.status for reply in envoy.send(closed)} == {httpx.codes.UNAUTHORIZED}


def test_what_is_refused_to_everybody_is_refused_to_a_client_too(envoy: RunningGateway) -> None:
    assert asked(envoy, MOBILE.token(), "/api/pull") == httpx.codes.FORBIDDEN


def test_no_server_sees_a_credential(tmp_path: Path) -> None:
    heads: list[str] = []
    backend = Backend(name="server", heads=heads)

    with running(backend):
        args = GatewayArgs(access=access(MOBILE))
        with gateway(tmp_path, {"ollama-stable": backend.port}, args=args) as envoy:
            asked(envoy, MOBILE.token())
            asked(envoy, MOBILE.token(), "/api/tags")

    assert [head.split(" ")[1] for head in heads] == ["/v1/models", "/api/tags"]
    assert "authorization" not in "".join(heads).lower()


def test_the_log_names_the_client_and_holds_nothing_of_its_token(envoy: RunningGateway) -> None:
    good, bad = MOBILE.token(), PARTNER.token(kid="mobile")
    asked(envoy, good, "/by-mobile")
    asked(envoy, bad, "/by-nobody")
    by = {"/by-mobile": "mobile", "/by-nobody": None}

    def lines() -> dict[str, str | None]:
        return {line["path"]: line.get("client_name") for line in envoy.log if line["path"] in by}

    seconds_until(lambda: lines() == by, within=10)
    said = (envoy.folder / "stdout").read_text() + (envoy.folder / "log").read_text()
    for part in (*good.split("."), *bad.split(".")):
        assert part not in said


def test_a_revoked_client_is_out_within_two_seconds_and_the_others_notice_nothing(
    changing: RunningGateway,
) -> None:
    token = MOBILE.token()
    asked(changing, token)

    tell(changing, access(PARTNER))
    began, others = time.monotonic(), Counter[int]()
    while asked(changing, token) == httpx.codes.OK:
        others[asked(changing, PARTNER.token(sub="nobody-limited"))] += 1
        assert time.monotonic() - began < 2
    others[asked(changing, PARTNER.token(sub="nobody-limited"))] += 1

    assert set(others) == {httpx.codes.OK}
    assert changing.process.poll() is None


def test_without_any_key_nobody_is_served(changing: RunningGateway) -> None:
    tell(changing, access(rates=RATES))

    seconds_until(lambda: asked(changing, MOBILE.token()) == 401, within=2)
    assert asked(changing, None, "/api/tags") == httpx.codes.OK


def test_while_a_token_is_rotated_both_are_good_and_then_only_the_second(
    changing: RunningGateway,
) -> None:
    following = Key(client="mobile", name="mobile.2")
    old, new = MOBILE.token(), following.token()

    tell(changing, access(MOBILE, following))
    took = seconds_until(lambda: asked(changing, new) == httpx.codes.OK, within=5)
    assert asked(changing, old) == httpx.codes.OK

    tell(changing, access(following))
    seconds_until(lambda: asked(changing, old) == httpx.codes.UNAUTHORIZED, within=2)
    assert asked(changing, new) == httpx.codes.OK
    assert took < 2


def test_more_clients_than_fit_into_a_short_answer(changing: RunningGateway) -> None:
    many = [Key(client=f"client-{number}", name=f"client-{number}") for number in range(100)]

    tell(changing, access(*many))

    seconds_until(lambda: asked(changing, many[-1].token()) == httpx.codes.OK, within=5)


def test_a_client_that_comes_too_often_is_told_when_to_come_back_and_others_are_not(
    envoy: RunningGateway,
) -> None:
    replies = [
        httpx.get(envoy.url("ollama", "/v1/models"), headers=bearer(PARTNER.token()))
        for _ in range(9)
    ]

    assert [reply.status_code for reply in replies] == [200] * 6 + [429] * 3
    assert {reply.headers.get("retry-after") for reply in replies[6:]} == {"10"}
    assert {reply.headers.get("retry-after") for reply in replies[:6]} == {None}
    assert [asked(envoy, MOBILE.token()) for _ in range(20)] == [200] * 20
    assert asked(envoy, None, "/api/tags") == httpx.codes.OK


def test_a_rate_changes_without_a_restart(envoy: RunningGateway) -> None:
    filters = limits(access(rates={"partner": "60/minute"}), replicas=2)
    (text,) = route_files(envoy.peers, {}, filters=filters).values()

    envoy.install(text)

    # Half of the rate: the other half is the other gateway's. It fills again meanwhile.
    began = time.monotonic()
    found = Counter(asked(envoy, PARTNER.token()) for _ in range(40))
    assert 30 <= found[200] <= 31 + (time.monotonic() - began) / 2
    assert found[429] == 40 - found[200]
