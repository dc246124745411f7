"""Certificates that cert-manager keeps: an object that asks for one, and the Secret it ends up in.

The cluster has cert-manager and the issuer already; see docs/decisions/0005 and 0006. The Secret is
cert-manager's, so no key is ever in the state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .manifest import Manifest
from .naming import metadata

if TYPE_CHECKING:
    from ...spec import ServiceSpec
    from ...spec.mounts import Certificate
    from .cluster import Cluster

GROUP = "cert-manager.io"
VERSION = f"{GROUP}/v1"
KIND = "Certificate"


def secret_name(spec: ServiceSpec, wanted: Certificate) -> str:
    """The Secret that holds a certificate of ``spec``."""
    return f"{spec.instance}-{wanted.name}"


def certificates(spec: ServiceSpec, cluster: Cluster) -> tuple[Manifest, ...]:
    """The certificates of ``spec`` and of its sidecar."""
    return tuple(_certificate(spec, wanted, cluster) for wanted in spec.all_certificates)


def _certificate(spec: ServiceSpec, wanted: Certificate, cluster: Cluster) -> Manifest:
    name = secret_name(spec, wanted)
    body = {
        "apiVersion": VERSION,
        "kind": KIND,
        "metadata": metadata(spec, cluster, name),
        "spec": {
            "secretName": name,
            "dnsNames": list(wanted.hosts or dns_names(spec, cluster)),
            "issuerRef": {"group": GROUP, "kind": wanted.kind, "name": wanted.issuer},
            # A renewal that kept the key would keep a stolen one as well.
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        },
    }
    return Manifest(suffix=f"certificate-{wanted.name}", body=body)


def dns_names(spec: ServiceSpec, cluster: Cluster) -> tuple[str, ...]:
    """Whatever ``spec`` is called by: the service, and the instance from near and far."""
    near = f"{spec.instance}.{cluster.namespace_of(spec)}"
    names = (spec.name, spec.instance, near, f"{near}.svc")
    return tuple(dict.fromkeys((*names, f"{near}.svc.{cluster.args.dns.domain}")))
