"""Certificates that cert-manager keeps: an object that asks for one, and the Secret it ends up in.

The cluster has cert-manager and the issuer already; see docs/decisions/0005. The Secret is
cert-manager's, so no key is ever in the state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .manifest import Manifest
from .naming import metadata

if TYPE_CHECKING:
    from ...spec import ServiceSpec
    from .cluster import Cluster

GROUP = "cert-manager.io"
VERSION = f"{GROUP}/v1"


def secret_name(spec: ServiceSpec) -> str:
    """The Secret that holds the certificate of ``spec``."""
    return f"{spec.instance}-tls"


def certificate(spec: ServiceSpec, cluster: Cluster) -> tuple[Manifest, ...]:
    """The certificate of ``spec``, if it wants one."""
    wanted = spec.certificate
    if wanted is None:
        return ()
    body = {
        "apiVersion": VERSION,
        "kind": "Certificate",
        "metadata": metadata(spec, cluster, secret_name(spec)),
        "spec": {
            "secretName": secret_name(spec),
            "dnsNames": list(wanted.hosts),
            "issuerRef": {"group": GROUP, "kind": wanted.kind, "name": wanted.issuer},
            # A renewal that kept the key would keep a stolen one as well.
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        },
    }
    return (Manifest(suffix="certificate", body=body),)
