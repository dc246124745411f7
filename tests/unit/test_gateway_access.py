"""Who may come in, as Envoy is told: tokens, keys, rates."""

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from components.context import Environment
from components.gateway.access import AccessArgs, ClientAccessArgs
from components.gateway.keys import jwk, text_of
from components.gateway.rate_limits import limits
from components.spec import ServiceSpec
from tests.unit.gateway_objects import (
    CLIENTS,
    asking,
    content,
    described,
    filters,
    listeners,
    virtual_host,
)

TOKENS = "envoy.filters.http.jwt_authn"
LIMITS = "envoy.filters.http.local_ratelimit"


def provider(spec: ServiceSpec, listener: str) -> Any:
    return filters(spec, listener)[0]["typed_config"]["providers"]["clients"]


def test_unless_it_is_required_nobody_is_asked_and_nothing_is_limited() -> None:
    spec = described(access=AccessArgs(clients=CLIENTS))

    assert list(listeners(spec)) == ["ollama", "triton", "faiss", "stats"]
    assert [f["name"] for f in filters(spec, "ollama")] == [
        "envoy.filters.http.buffer",
        "envoy.filters.http.router",
    ]
    assert "typed_per_filter_config" not in virtual_host(spec, "ollama")
    assert not [file for file in spec.files if file.path.endswith("clients.yaml")]


@pytest.mark.parametrize("listener", ["ollama", "triton", "faiss"])
def test_a_request_is_judged_before_its_body_is_taken(listener: str) -> None:
    assert [f["name"] for f in filters(asking(), listener)] == [
        TOKENS,
        LIMITS,
        "envoy.filters.http.buffer",
        "envoy.filters.http.router",
    ]


@pytest.mark.parametrize(
    ("listener", "paths"),
    [
        ("ollama", ["/api/tags", "/api/version"]),
        ("triton", ["/v2/health/ready"]),
        ("faiss", ["/health", "/ready"]),
    ],
)
def test_only_health_checks_are_open_and_only_for_reading(listener: str, paths: list[str]) -> None:
    *open_rules, last = filters(asking(), listener)[0]["typed_config"]["rules"]

    assert [rule["match"]["path"] for rule in open_rules] == paths
    for rule in open_rules:
        (method,) = rule["match"]["headers"]
        assert method["string_match"] == {"safe_regex": {"regex": "GET|HEAD"}}
    assert last == {"match": {"prefix": "/"}, "requires": {"provider_name": "clients"}}


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_a_token_is_for_one_environment_and_has_an_end(environment: Environment) -> None:
    found = provider(described(environment, access=AccessArgs(required=True)), "ollama")

    assert found["audiences"] == [f"researchflow-ai-{environment}"]
    assert found["require_expiration"] is True


def test_a_token_comes_in_one_header_and_goes_no_further() -> None:
    spec = asking()
    found = provider(spec, "ollama")

    assert found["from_headers"] == [{"name": "Authorization", "value_prefix": "Bearer "}]
    assert "forward" not in found
    assert virtual_host(spec, "ollama")["request_headers_to_remove"] == ["authorization"]
    # A health check is not looked at, and may have one all the same.
    assert virtual_host(described(), "ollama")["request_headers_to_remove"] == ["authorization"]


def test_the_keys_are_answered_on_loopback_only() -> None:
    address = listeners(asking())["clients"]["address"]["socket_address"]

    assert address == {"address": "127.0.0.1", "port_value": 9903}
    assert 9903 not in [port.number for port in asking().ports]


def test_the_key_set_holds_each_public_key_under_its_name() -> None:
    (route,) = virtual_host(asking(), "clients")["routes"]
    found = json.loads(route["direct_response"]["body"]["inline_string"])["keys"]

    assert [key["kid"] for key in found] == ["mobile", "mobile.2", "batch"]
    for key in found:
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
        assert "d" not in key


def test_a_change_of_the_clients_restarts_nothing() -> None:
    before, after = asking(), asking({"other": ClientAccessArgs(rate="1/second")})

    fixed = [[file for file in spec.files if not file.live] for spec in (before, after)]
    assert fixed[0] == fixed[1]
    assert replace(before, files=(), facts={}) == replace(after, files=(), facts={})
    assert content(before, "clients")["version_info"] != content(after, "clients")["version_info"]


@given(requests=st.integers(1, 10**6), replicas=st.integers(1, 20))
def test_all_gateways_together_never_allow_more_than_the_rate(requests: int, replicas: int) -> None:
    access = AccessArgs(clients={"mobile": ClientAccessArgs(rate=f"{requests}/minute")})

    if requests < replicas:
        with pytest.raises(ValueError, match=r"^services\.gateway\.access\.clients\.mobile\.rate"):
            limits(access, replicas)
        return
    tokens = limits(access, replicas)[LIMITS]["descriptors"][1]["token_bucket"]
    assert requests - replicas < tokens["max_tokens"] * replicas <= requests
    assert tokens["tokens_per_fill"] == tokens["max_tokens"]
    assert tokens["fill_interval"] == "60s"


def test_each_client_with_a_rate_has_a_bucket_and_so_has_who_has_no_name() -> None:
    found = virtual_host(asking(replicas=2), "triton")["typed_per_filter_config"][LIMITS]

    buckets = {
        descriptor["entries"][0]["value"]: (
            descriptor["token_bucket"]["max_tokens"],
            descriptor["token_bucket"]["fill_interval"],
        )
        for descriptor in found["descriptors"]
    }
    assert buckets == {"-": (20, "1s"), "mobile": (150, "60s"), "partner": (5, "1s")}


@pytest.mark.parametrize(
    ("rate", "seconds"),
    [("6/minute", "10"), ("7/minute", "9"), ("60/minute", "1"), ("1/second", "1")],
)
def test_who_comes_too_often_is_told_when_there_is_room_again(rate: str, seconds: str) -> None:
    access = AccessArgs(clients={"mobile": ClientAccessArgs(rate=rate)})

    (header,) = limits(access, 1)[LIMITS]["response_headers_to_add"]

    assert header["header"] == {"key": "retry-after", "value": seconds}


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP256K1()])
def test_a_key_on_another_curve_is_refused(curve: ec.EllipticCurve) -> None:
    with pytest.raises(ValueError, match="P-256"):
        jwk(text_of(ec.generate_private_key(curve).public_key()))


@given(text=st.text() | st.binary().map(lambda b: b.hex()))
def test_whatever_is_no_key_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 any of them is made into one sentence
        jwk(text)
