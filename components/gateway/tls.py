"""TLS between clients and the gateway.

Envoy is given the certificate as a secret that it discovers (SDS) from a file which never changes
and names the certificate's own two files; these it watches. So a certificate is renewed while
connections are open, and new ones get the new one.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ..spec import Certificate, SecretFile
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
HostName = Annotated[str, Field(pattern=rf"^(\*\.)?{_LABEL}(\.{_LABEL})*$", max_length=253)]
"""A DNS name; the first label may be ``*``."""
ObjectName = Annotated[str, Field(pattern=rf"^{_LABEL}(\.{_LABEL})*$", max_length=253)]
"""The name of a Kubernetes object."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class IssuerArgs:
    """An issuer of cert-manager that the cluster has already."""

    name: ObjectName
    kind: Literal["ClusterIssuer", "Issuer"] = "ClusterIssuer"
    """An ``Issuer`` is looked for in the platform's namespace."""


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
    def certificate(self) -> Certificate | None:
        """The certificate, where cert-manager keeps it."""
        if self.issuer is None:
            return None
        return Certificate(
            path=DIRECTORY, hosts=self.hosts, issuer=self.issuer.name, kind=self.issuer.kind
        )


def transport_socket() -> dict[str, Any]:
    """TLS 1.2 or later, with the certificate that is in the watched files at the moment."""
    source = {"path_config_source": {"path": SOURCE}, "resource_api_version": "V3"}
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": CONTEXT,
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
                "tls_certificate_sds_secret_configs": [{"name": NAME, "sds_config": source}],
            },
        },
    }


def certificate_source() -> str:
    """The file that tells Envoy where the certificate is, and to watch it."""
    secret = {
        "@type": SECRET,
        "name": NAME,
        "tls_certificate": {
            "certificate_chain": {"filename": CHAIN},
            "private_key": {"filename": KEY},
            "watched_directory": {"path": DIRECTORY},
        },
    }
    return to_yaml({"resources": [secret]})
