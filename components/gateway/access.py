"""Settings of clients from outside: who may come in, with which key, and how often.

A client holds a token that was signed once, by ``rf clients issue``; the private key that signed it
is gone. What stands here is public: it says which tokens are good, and helps nobody to make one.
"""

import base64
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from ..types import STRICT, Name, Switch

ALGORITHM = "ES256"


def jwk(public: str) -> dict[str, Any]:
    """The JSON Web Key (RFC 7517) of a public key as ``PublicKey`` has it; ValueError if it is none.

    Only NIST P-256, the curve of ES256.
    """
    # A tenth of a second to load, which only a stack with clients spends.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_public_key
    from jwt.algorithms import ECAlgorithm

    try:
        found = load_der_public_key(base64.b64decode(public, validate=True))
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from None
    if not isinstance(found, ec.EllipticCurvePublicKey) or found.curve.name != "secp256r1":
        message = "it is not a key on P-256"
        raise ValueError(message)
    return ECAlgorithm.to_jwk(found, as_dict=True)


def _public_key(value: str) -> str:
    """Refuse what is no key, without showing it: it may be one that should not be here."""
    try:
        jwk(value)
    except ValueError:
        raise PydanticCustomError(
            "hidden_value",
            "is not the public key of a client (P-256, DER, base64, as rf clients issue writes "
            "it); issue the client a token anew",
        ) from None
    return value


PublicKey = Annotated[str, AfterValidator(_public_key)]
"""What stands between the two lines of a public key's PEM file, in one line."""
KeyId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}(\.[1-9][0-9]{0,3})?$")]
"""The client's name; of keys that follow the first, with a number: ``mobile``, ``mobile.2``."""
Rate = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}/(second|minute)$")]
"""Requests in a second or a minute, as 10/second or 300/minute."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class KeyArgs:
    """A key whose tokens are good."""

    public: PublicKey
    expires: date
    """The day on which its token ends. For people: the token says it itself."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ClientAccessArgs:
    """An application outside."""

    rate: Rate | None = None
    """Requests that it may make in a second or a minute on each of the gateway's ports; more are
    answered with 429. Each gateway counts by itself and allows its part of the rate, rounded down:
    300/minute before 2 gateways is 150 a minute at each. Changing any route starts a new count."""
    keys: Mapping[KeyId, KeyArgs] = Field(default_factory=dict)
    """Keys by their names; two while one follows the other. Written by ``rf clients``."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class AccessArgs:
    """Who may use the gateway."""

    required: Switch = False
    """Ask everybody for a token, applications inside the cluster as well; only the guide's health
    checks need none."""
    clients: Mapping[Name, ClientAccessArgs] = Field(default_factory=dict)
    """Applications outside, by name."""

    @model_validator(mode="after")
    def _keys_are_named_after_their_clients(self) -> "AccessArgs":
        for name, client in self.clients.items():
            for key in client.keys:
                if key.partition(".")[0] != name:
                    raise ValueError(
                        f"clients.{name}.keys.{key}: a key is called like its client, {name}, or "
                        f"with a number, {name}.2"
                    )
        return self


def audience(environment: str) -> str:
    """The claim ``aud`` of an environment's tokens; another's are refused."""
    return f"researchflow-ai-{environment}"


def key_set(access: AccessArgs) -> dict[str, Any]:
    """The JSON Web Key Set of all clients."""
    return {
        "keys": [
            {**jwk(key.public), "kid": name, "alg": ALGORITHM, "use": "sig"}
            for client in access.clients.values()
            for name, key in client.keys.items()
        ]
    }
