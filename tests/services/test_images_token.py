"""How a registry is asked, as a stand-in sees it: tokens, logins, and answers that are no good."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from rf.images.credentials import Login
from rf.images.reference import parse
from rf.images.registry import MANIFESTS, Registries, RegistryError
from tests.services.registry_stand_in import TOKEN, RegistryStandIn, basic

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = f"sha256:{'ab' * 32}"
HEADERS = {"Docker-Content-Digest": DIGEST}
LOGIN = Login(user="me@example", password="pässword:with:colons")


def digest(server: RegistryStandIn, *, login: Login | None = None) -> str:
    logins = {server.host: login} if login else {}
    return Registries(logins=logins).digest(parse(f"{server.host}/team/app:1.0"))


def refusal(server: RegistryStandIn, *, login: Login | None = None) -> str:
    with pytest.raises(RegistryError) as raised:
        digest(server, login=login)
    return str(raised.value)


def test_the_challenge_leads_to_a_token_and_the_token_to_the_digest() -> None:
    with RegistryStandIn(headers=HEADERS) as server:
        assert digest(server) == DIGEST

    first, token, second = server.asked
    assert (first.method, first.path) == ("HEAD", "/v2/team/app/manifests/1.0")
    assert first.headers["accept"] == ", ".join(MANIFESTS)
    assert "authorization" not in first.headers
    assert (token.method, token.path) == ("GET", "/token")
    assert token.query == {"service": "the stand-in", "scope": "repository:team/app:pull,push"}
    assert "authorization" not in token.headers
    assert (second.method, second.path) == (first.method, first.path)
    assert second.headers["authorization"] == f"Bearer {TOKEN}"


def test_a_registry_that_wants_no_token_is_asked_once() -> None:
    with RegistryStandIn(private=False, headers=HEADERS) as server:
        assert digest(server) == DIGEST

    assert [asked.method for asked in server.asked] == ["HEAD"]


def test_a_login_goes_to_the_token_server_and_not_to_the_registry() -> None:
    with RegistryStandIn(headers=HEADERS, user=(LOGIN.user, LOGIN.password)) as server:
        assert digest(server, login=LOGIN) == DIGEST

    first, token, second = server.asked
    assert token.headers["authorization"] == basic(LOGIN.user, LOGIN.password)
    assert "authorization" not in first.headers
    assert second.headers["authorization"] == f"Bearer {TOKEN}"


def test_a_token_under_its_other_name_is_taken_too() -> None:
    answer = (200, json.dumps({"access_token": TOKEN}).encode())
    with RegistryStandIn(headers=HEADERS, token_answer=answer) as server:
        assert digest(server) == DIGEST


def test_a_login_in_netrc_is_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))

    with RegistryStandIn(headers=HEADERS) as server:
        assert digest(server) == DIGEST

    assert [asked.headers.get("authorization") for asked in server.asked] == [
        None,
        None,
        f"Bearer {TOKEN}",
    ]


def test_a_proxy_is_not_asked_for_a_registry_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    with RegistryStandIn(headers=HEADERS) as server:
        assert digest(server) == DIGEST


def test_without_the_header_the_digest_is_the_hash_of_the_manifest() -> None:
    body = b'{"schemaVersion": 2}'
    with RegistryStandIn(body=body) as server:
        assert digest(server) == f"sha256:{hashlib.sha256(body).hexdigest()}"

    assert [asked.method for asked in server.asked] == ["HEAD", "GET", "HEAD", "GET"]


def test_a_refused_login_is_told_from_a_missing_one() -> None:
    with RegistryStandIn(user=("somebody", "else")) as server:
        assert "refuses the login in Docker's config.json" in refusal(server, login=LOGIN)
        assert "wants a login" in refusal(server)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "has no such repository, or wants a login"),
        (404, "has no such repository or tag"),
        (429, "answers no more for now (status 429)"),
        (500, "answers with status 500"),
    ],
)
def test_every_refusal_has_its_reason(status: int, reason: str) -> None:
    with RegistryStandIn(private=False, status=status, headers=HEADERS) as server:
        assert refusal(server).startswith(reason)


@pytest.mark.parametrize(
    "text", ["sha256:short", f"sha512:{'ab' * 64}", f'{DIGEST}" onload', "", f"SHA256:{'ab' * 32}"]
)
def test_what_is_no_digest_is_never_written(text: str) -> None:
    with RegistryStandIn(private=False, headers={"Docker-Content-Digest": text}) as server:
        assert "no sha256 digest" in refusal(server)


@pytest.mark.parametrize(
    "kind",
    [
        "text/html",
        # Its digest covers a signature, and nothing can be pulled by it any more.
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    ],
)
def test_what_is_no_manifest_has_no_digest(kind: str) -> None:
    with RegistryStandIn(private=False, headers={**HEADERS, "Content-Type": kind}) as server:
        assert f"answers with {kind}, which is no image manifest" in refusal(server)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"token": 1}'])
def test_a_token_server_that_gives_no_token_is_named(body: bytes) -> None:
    with RegistryStandIn(token_answer=(200, body)) as server:
        assert "token server 127.0.0.1 gives no token (status 200)" in refusal(server)


@pytest.mark.parametrize("challenge", ["Negotiate", "Bearer", 'Bearer service="x"'])
def test_a_challenge_that_cannot_be_met_is_one_line(challenge: str) -> None:
    with RegistryStandIn(challenge=challenge) as server:
        assert refusal(server) == "asks for a kind of authentication that rf does not know"


def test_a_login_is_never_sent_in_clear_over_a_network() -> None:
    with RegistryStandIn(realm="http://tokens.example/token") as server:
        assert refusal(server, login=LOGIN) == (
            "leads to http://tokens.example, which is not encrypted"
        )

    assert [asked.path for asked in server.asked] == ["/v2/team/app/manifests/1.0"]


def test_no_message_holds_the_password() -> None:
    with RegistryStandIn(user=("somebody", "else")) as server:
        assert LOGIN.password not in refusal(server, login=LOGIN)
    assert LOGIN.password not in repr(LOGIN)
