"""Whether a certificate and a key can serve a gateway's clients. Nothing here repeats a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

SMALLEST_RSA = 2048
"""Bits; Envoy refuses smaller ones."""


class CertificateError(ValueError):
    """What is wrong, as the end of a sentence that begins with a secret's name."""


def check(chain: str, key: str, hosts: Sequence[str], now: datetime) -> None:
    """CertificateError unless both belong together and are good for ``hosts`` at ``now``."""
    certificate, private = read_chain(chain), read_key(key)
    if spki(certificate.public_key()) != spki(private.public_key()):
        message = (
            "gatewayKey is not the key of the first certificate in gatewayCertificate; set both "
            "anew, and put the gateway's own certificate before those of its issuers"
        )
        raise CertificateError(message)
    if certificate.not_valid_after_utc <= now:
        message = f"gatewayCertificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
        raise CertificateError(message + "; set a new one")
    if certificate.not_valid_before_utc > now:
        message = (
            f"gatewayCertificate is not good before {certificate.not_valid_before_utc:%Y-%m-%d}"
        )
        raise CertificateError(message)
    missing = [host for host in hosts if not any(covers(name, host) for name in names(certificate))]
    if missing:
        message = (
            f"gatewayCertificate is not for {', '.join(missing)}; take another, or correct "
            "services.gateway.tls.hosts"
        )
        raise CertificateError(message)


def read_chain(chain: str) -> x509.Certificate:
    """The first certificate, if all of them can be read."""
    try:
        return x509.load_pem_x509_certificates(chain.encode())[0]
    except ValueError:
        message = "gatewayCertificate is no chain of certificates in PEM"
        raise CertificateError(message) from None


def read_key(key: str) -> PrivateKeyTypes:
    """The key, if it is one that Envoy takes."""
    try:
        found = load_pem_private_key(key.encode(), password=None)
    except TypeError:
        message = "gatewayKey is encrypted; set it without a passphrase"
        raise CertificateError(message) from None
    except ValueError:
        message = "gatewayKey is no private key in PEM"
        raise CertificateError(message) from None
    if isinstance(found, ec.EllipticCurvePrivateKey):
        return found
    if isinstance(found, rsa.RSAPrivateKey) and found.key_size >= SMALLEST_RSA:
        return found
    message = f"gatewayKey must be an ECDSA key, or an RSA key of {SMALLEST_RSA} bits or more"
    raise CertificateError(message)


def spki(key: PublicKeyTypes) -> bytes:
    """A public key in the one spelling that can be compared."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def names(certificate: x509.Certificate) -> list[str]:
    """The DNS names that the certificate is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [name.lower() for name in found.value.get_values_for_type(x509.DNSName)]


def covers(name: str, host: str) -> bool:
    """Whether ``name`` on a certificate is good for ``host``; ``*`` stands for one label."""
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])
