"""What cert-manager makes of the certificates that a plan asks for: there is none here."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from components.platforms.kubernetes.manifest import Body

AUTHORITY = trustme.CA()
KIND = "Certificate"


@cache
def issued(*names: str) -> trustme.LeafCert:
    """A certificate that stays the same when a plan is made again, as it would."""
    return AUTHORITY.issue_cert(*names)


def secret_of(body: Body) -> Body:
    """The Secret that a Certificate ends up in, signed by an authority of the tests."""
    made = issued(*body["spec"]["dnsNames"])
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {**body["metadata"], "name": body["spec"]["secretName"]},
        "stringData": {
            "tls.crt": "".join(pem.bytes().decode() for pem in made.cert_chain_pems),
            "tls.key": made.private_key_pem.bytes().decode(),
            "ca.crt": AUTHORITY.cert_pem.bytes().decode(),
        },
    }
