"""Keys and tokens of clients, good ones and others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from components.gateway.access import AccessArgs, ClientAccessArgs, KeyArgs, audience
from components.gateway.keys import ALGORITHM, CURVE, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key called ``name`` of ``client``; unlike the platform's own, it signs more than once."""

    client: str
    name: str
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(CURVE()), repr=False
    )

    @property
    def settings(self) -> KeyArgs:
        """Its entry in the stack file."""
        ends = datetime.now(UTC) + timedelta(days=1)
        return KeyArgs(public=text_of(self.private.public_key()), expires=ends.date())

    def token(self, kid: str | None = None, **claims: Any) -> str:
        """A token that is good in ``local``, but for ``claims`` and ``kid``."""
        now = datetime.now(UTC)
        usual = {
            "sub": self.client,
            "aud": audience("local"),
            "iat": now,
            "exp": now + timedelta(days=1),
        }
        found = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(
            found, self.private, algorithm=ALGORITHM, headers={"kid": kid or self.name}
        )


def bearer(token: str) -> dict[str, str]:
    """The header that a client sends."""
    return {"authorization": f"Bearer {token}"}


def access(*keys: Key, rates: Mapping[str, str] | None = None) -> AccessArgs:
    """Settings of a gateway that asks for tokens and knows ``keys``."""
    rates = rates or {}
    names = dict.fromkeys((*(key.client for key in keys), *rates))
    return AccessArgs(
        required=True,
        clients={
            name: ClientAccessArgs(
                rate=rates.get(name),
                keys={key.name: key.settings for key in keys if key.client == name},
            )
            for name in names
        },
    )
