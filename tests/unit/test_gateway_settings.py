"""What the settings of the gateway's door may say."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from components.gateway.keys import CURVE, text_of
from settings import parse
from tests.conftest import platform
from tests.unit.settings_trees import FILE, LOCAL, complaint, with_value

PUBLIC_KEY = text_of(ec.generate_private_key(CURVE()).public_key())
PUBLIC = with_value(platform("production"), "target.exposure", "public")
HTTPS = {"hosts": ["ai.example.com"]}


def test_a_public_gateway_is_refused_while_it_asks_nobody_who_they_are() -> None:
    message = complaint(PUBLIC)

    assert "services.gateway.tls is not set, but target.exposure is public" in message
    assert "services.gateway.access.required is false, but target.exposure is public" in message
    assert "rf clients issue" in message


def test_a_public_gateway_needs_both_and_no_more() -> None:
    encrypted = with_value(PUBLIC, "services.gateway.tls", HTTPS)
    asking = with_value(PUBLIC, "services.gateway.access", {"required": True})

    assert "access.required" in complaint(encrypted)
    assert "services.gateway.tls" in complaint(asking)
    both = parse(with_value(asking, "services.gateway.tls", HTTPS), FILE)
    assert {"gatewayCertificate", "gatewayKey"} < set(both.secrets)


def test_a_certificate_of_cert_manager_needs_no_secret_and_a_cluster() -> None:
    kept = {**HTTPS, "issuer": {"name": "letsencrypt"}}

    stack = parse(with_value(platform("production"), "services.gateway.tls", kept), FILE)
    assert "gatewayKey" not in stack.secrets

    message = complaint(with_value(LOCAL, "services.gateway.tls", kept))
    assert "services.gateway.tls.issuer is one of cert-manager, which needs Kubernetes" in message


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("tls", {"hosts": []}, "tls.hosts: "),
        ("tls", {"hosts": ["*.example.com"]}, "name first what clients use"),
        ("tls", {"hosts": ["https://example.com"]}, "tls.hosts.0: "),
        ("access", {"clients": {"web": {"rate": "10"}}}, "clients.web.rate: "),
        ("access", {"clients": {"web": {"rate": "0/second"}}}, "clients.web.rate: "),
        (
            "access",
            {"required": True, "clients": {"web": {"rate": "1/minute"}}},
            "clients.web.rate is 1/minute, which is less than one request for each of 2 gateways",
        ),
    ],
)
def test_a_door_that_makes_no_sense_is_refused_in_words(
    path: str, value: Any, expected: str
) -> None:
    tree = with_value(platform("production"), "services.gateway", {"replicas": 2, path: value})

    assert f"researchflow-ai:platform.services.gateway.{path}" in complaint(tree)
    assert expected in complaint(tree)


@pytest.mark.parametrize(
    "public", ["hunter2", "aHVudGVyMg==", "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END", "ä"]
)
def test_what_is_no_public_key_is_refused_without_being_shown(public: str) -> None:
    key = {"public": public, "expires": "2030-01-01"}
    access = {"clients": {"web": {"keys": {"web": key}}}}

    message = complaint(with_value(LOCAL, "services.gateway.access", access))

    assert "access.clients.web.keys.web.public: is not the public key of a client" in message
    assert public not in message


def test_a_key_is_called_like_its_client() -> None:
    clients = {"web": {"keys": {"other": {"public": PUBLIC_KEY, "expires": "2030-01-01"}}}}

    message = complaint(with_value(LOCAL, "services.gateway.access", {"clients": clients}))

    assert "clients.web.keys.other: a key is called like its client, web" in message
