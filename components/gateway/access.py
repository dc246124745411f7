"""Settings of clients from outside: who may come in, with which key, and how often.

A client holds a token that was signed once, by ``rf clients issue``; the private key that signed it
is gone. What stands here is public: it says which tokens are good, and helps nobody to make one.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from ..matching import Matching
from ..types import STRICT, Name, Switch


def jwk(public: str) -> dict[str, Any]:
    """The JSON Web Key of a ``PublicKey``; ValueError where it is none."""
    # A third of a second to load, which only a stack with clients spends.
    from . import keys  # noqa: PLC0415

    return keys.jwk(public)


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
KeyId = Annotated[
    str,
    Matching(
        r"^[a-z][a-z0-9-]{0,40}(\.[1-9][0-9]{0,3})?$",
        "a client's name in small letters, for its further keys with a dot and a number",
        example="mobile.2",
    ),
]
"""The client's name; of keys that follow the first, with a number: ``mobile``, ``mobile.2``."""
Rate = Annotated[
    str,
    Matching(
        r"^[1-9][0-9]{0,8}/(second|minute)$",
        "a whole number of requests with /second or /minute",
        example="10/second",
    ),
]
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
            {**jwk(key.public), "kid": name}
            for client in access.clients.values()
            for name, key in client.keys.items()
        ]
    }
