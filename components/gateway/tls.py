"""TLS between clients and the gateway.

Envoy is given the certificate as a secret that it discovers (SDS) from a file which never changes
and names the certificate's own two files; these it watches. So a certificate is renewed while
connections are open, and new ones get the new one.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ..internal_tls.args import IssuerArgs
from ..matching import Matching
from ..spec.mounts import Certificate, SecretFile
from ..text import to_yaml
from ..types import STRICT

DIRECTORY = "/etc/envoy/tls"
CHAIN, KEY = f"{DIRECTORY}/tls.crt", f"{DIRECTORY}/tls.key"
"""Called as cert-manager calls them."""
SOURCE = "/etc/envoy/certificate.yaml"
NAME = "certificate"
CERTIFICATE_SECRET, KEY_SECRET = "gatewayCertificate", "gatewayKey"
CONTEXT = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
SECRET = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HostName = Annotated[
    str,
    Field(max_length=253),
    Matching(
        rf"^(\*\.)?{_LABEL}(\.{_LABEL})*$",
        "a DNS name in small letters, whose first label may be *",
        example="ai.example.com",
    ),
]
"""A DNS name; the first label may be ``*``."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TlsArgs:
    """The gateway's certificate. With it, the guide's ports speak HTTPS and nothing else."""

    hosts: Annotated[tuple[HostName, ...], Field(min_length=1)]
    """Names on the certificate, the one that clients use first."""
    issuer: IssuerArgs | None = None
    """Who signs it (Kubernetes only). Unless set, certificate chain and key are the secrets
    ``gatewayCertificate`` and ``gatewayKey``, as PEM, the gateway's own certificate first."""

    @model_validator(mode="after")
    def _clients_use_a_whole_name(self) -> "TlsArgs":
        if self.hosts[0].startswith("*"):
            raise ValueError(f"hosts begins with {self.hosts[0]}; name first what clients use")
        return self

    @property
    def secret_files(self) -> tuple[SecretFile, ...]:
        """The certificate's files, where they come from the stack's secrets."""
        if self.issuer is not None:
            return ()
        return tuple(
            SecretFile(path=path, template=f"${{{secret}}}", watched=True)
            for path, secret in ((CHAIN, CERTIFICATE_SECRET), (KEY, KEY_SECRET))
        )

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificate, where cert-manager keeps it."""
        if self.issuer is None:
            return ()
        issuer = self.issuer
        return (
            Certificate(path=DIRECTORY, hosts=self.hosts, issuer=issuer.name, kind=issuer.kind),
        )


def transport_socket(
    source: str = SOURCE, protocols: Sequence[str] = ("h2", "http/1.1")
) -> dict[str, Any]:
    """TLS 1.2 or later, with the certificate that is in the watched files at the moment.

    ``source``: the file that names them. ``protocols``: what is offered to be spoken inside (ALPN).
    """
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": CONTEXT,
            "common_tls_context": {
                **({"alpn_protocols": list(protocols)} if protocols else {}),
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
                "tls_certificate_sds_secret_configs": [discovered(NAME, source)],
            },
        },
    }


def discovered(name: str, source: str) -> dict[str, Any]:
    """A secret that Envoy finds in the file ``source``, and finds again when it changes."""
    where = {"path_config_source": {"path": source}, "resource_api_version": "V3"}
    return {"name": name, "sds_config": where}


def certificate_source(directory: str = DIRECTORY) -> str:
    """The file that tells Envoy where the certificate is, and to watch it."""
    secret = {
        "@type": SECRET,
        "name": NAME,
        "tls_certificate": {
            "certificate_chain": {"filename": f"{directory}/tls.crt"},
            "private_key": {"filename": f"{directory}/tls.key"},
            "watched_directory": {"path": directory},
        },
    }
    return to_yaml({"resources": [secret]})
