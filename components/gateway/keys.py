"""Public keys of clients, in the spelling of the stack file and in that of Envoy."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from jwt.algorithms import ECAlgorithm

ALGORITHM = "ES256"
CURVE = ec.SECP256R1


def text_of(key: ec.EllipticCurvePublicKey) -> str:
    """What stands between the two lines of the key's PEM file, in one line."""
    found = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(found).decode()


def jwk(text: str) -> dict[str, Any]:
    """The JSON Web Key (RFC 7517) of what ``text_of`` writes; ValueError if it is no such key."""
    try:
        found = load_der_public_key(base64.b64decode(text, validate=True))
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from None
    if not isinstance(found, ec.EllipticCurvePublicKey) or not isinstance(found.curve, CURVE):
        message = "it is not a key on P-256"
        raise ValueError(message)  # noqa: TRY004 the caller's text is wrong, not its type
    return {**ECAlgorithm.to_jwk(found, as_dict=True), "alg": ALGORITHM, "use": "sig"}
