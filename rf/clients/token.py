"""Makes a client's token, and forgets the key that signed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from components.gateway.access import audience
from components.gateway.keys import ALGORITHM, CURVE, text_of

if TYPE_CHECKING:
    from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A token, and the public key ``key`` that says it is good until the day ``expires``."""

    key: str
    public: str
    expires: date
    token: str = field(repr=False)


def issue(client: str, key: str, environment: str, now: datetime, days: int) -> Issued:
    """A token for ``client``, good for ``days`` from ``now`` in ``environment`` and nowhere else.

    Its private key is of use this once: nobody, not even who issues tokens, can sign another.
    """
    private = ec.generate_private_key(CURVE())
    ends = now + timedelta(days=days)
    claims = {"sub": client, "aud": audience(environment), "iat": now, "exp": ends}
    return Issued(
        key=key,
        public=text_of(private.public_key()),
        expires=ends.date(),
        token=jwt.encode(claims, private, algorithm=ALGORITHM, headers={"kid": key}),
    )
