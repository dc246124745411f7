"""A certificate that cannot serve is refused, in words and without being shown."""

from datetime import UTC, datetime, timedelta

import pulumi
import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from components.gateway.certificate import CertificateError, check
from rf.plan.record import Config, record
from settings import SECRETS
from tests.conftest import PROJECT
from tests.plan_projects import config_map

CA = trustme.CA()
HOSTS = ("ai.example.com",)
NOW = datetime.now(UTC)


def issued(*hosts: str, days: int = 90) -> tuple[str, str]:
    """Chain and key, as PEM."""
    made = CA.issue_cert(*(hosts or HOSTS), not_after=NOW + timedelta(days=days))
    chain = "".join(pem.bytes().decode() for pem in made.cert_chain_pems)
    return chain, made.private_key_pem.bytes().decode()


def pem(key: PrivateKeyTypes, encryption: KeySerializationEncryption | None = None) -> str:
    return key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()
    ).decode()


CHAIN, KEY = issued()


def test_what_belongs_together_is_accepted() -> None:
    check(CHAIN, KEY, HOSTS, NOW)
    check(*issued("*.example.com"), ("ai.example.com", "*.example.com"), NOW)


@pytest.mark.parametrize(
    ("chain", "key", "expected"),
    [
        (issued()[0], KEY, "gatewayKey is not the key of the first certificate"),
        (CA.cert_pem.bytes().decode() + CHAIN, KEY, "not the key of the first certificate"),
        (*issued(days=-1), f"gatewayCertificate expired on {NOW - timedelta(days=1):%Y-%m-%d}"),
        (*issued("other.example.com"), "gatewayCertificate is not for ai.example.com"),
        (*issued("*.ai.example.com"), "gatewayCertificate is not for ai.example.com"),
        (*issued("*.com"), "gatewayCertificate is not for ai.example.com"),
        ("", KEY, "gatewayCertificate is no chain of certificates"),
        (KEY, KEY, "gatewayCertificate is no chain of certificates"),
        (CHAIN.replace("M", "!"), KEY, "gatewayCertificate is no chain of certificates"),
        (CHAIN, "", "gatewayKey is no private key"),
        (CHAIN, CHAIN, "gatewayKey is no private key"),
        (
            CHAIN,
            pem(ec.generate_private_key(ec.SECP256R1()), BestAvailableEncryption(b"hunter2")),
            "gatewayKey is encrypted",
        ),
        (CHAIN, pem(ed25519.Ed25519PrivateKey.generate()), "gatewayKey must be an ECDSA key"),
        (CHAIN, pem(rsa.generate_private_key(65537, 1024)), "RSA key of 2048 bits or more"),  # noqa: S505
    ],
    # Names of their own: the values are other ones in every process that collects this file.
    ids=[
        "another key",
        "wrong order",
        "expired",
        "another host",
        "a host below",
        "too wide",
        "no chain",
        "a key for a chain",
        "a broken chain",
        "no key",
        "a chain for a key",
        "an encrypted key",
        "another kind of key",
        "a short key",
    ],
)
def test_what_cannot_serve_is_refused_without_being_shown(
    chain: str, key: str, expected: str
) -> None:
    with pytest.raises(CertificateError, match=expected) as raised:
        check(chain, key, HOSTS, NOW)

    said = f"{raised.value!r} {raised.value.__cause__!r}"
    assert not [line for line in (chain + key).splitlines() if len(line) > 20 and line in said]


def test_a_certificate_of_tomorrow_is_refused_today() -> None:
    with pytest.raises(CertificateError, match="is not good before"):
        check(CHAIN, KEY, HOSTS, NOW - timedelta(days=36_500))


def test_the_program_ends_in_words_before_anything_gets_a_bad_certificate() -> None:
    from components.gateway.secrets import checked
    from components.gateway.tls import TlsArgs

    other = issued()[1]

    def program() -> None:
        found = checked(
            {
                "gatewayCertificate": pulumi.Output.secret(CHAIN),
                "gatewayKey": pulumi.Output.secret(other),
            },
            TlsArgs(hosts=HOSTS),
            "Pulumi.dev.yaml",
        )
        config_map("files", {"data": {"tls.key": found["gatewayKey"]}})

    with pytest.raises(
        pulumi.RunError, match=r"^Pulumi\.dev\.yaml: gatewayKey is not the key"
    ) as raised:
        record(program, project="demo", stack="dev")
    assert other.splitlines()[1] not in str(raised.value)


def test_a_plan_that_does_not_know_the_secrets_is_made_all_the_same() -> None:
    from components.gateway.secrets import checked
    from components.gateway.tls import TlsArgs

    def program() -> None:
        config = pulumi.Config(PROJECT)
        secrets = {
            name: config.require_secret(name) for name in ("gatewayCertificate", "gatewayKey")
        }
        found = checked(secrets, TlsArgs(hosts=HOSTS), "Pulumi.dev.yaml")
        config_map("files", {"data": dict(found)})

    config = Config(secrets_set=[f"{PROJECT}:{name}" for name in SECRETS])
    plan = record(program, project=PROJECT, stack="dev", config=config)

    assert [resource.name for resource in plan.resources if resource.custom] == ["files"]
