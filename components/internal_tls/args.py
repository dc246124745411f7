"""Settings of TLS between services."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from ..matching import Matching
from ..types import STRICT, CpuQuantity, Gibibytes, ImageReference

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
ObjectName = Annotated[
    str,
    Field(max_length=253),
    Matching(
        rf"^{_LABEL}(\.{_LABEL})*$",
        "the name of a Kubernetes object (small letters, digits and hyphens, dots between)",
        example="platform-ca",
    ),
]
"""The name of a Kubernetes object."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class IssuerArgs:
    """An issuer of cert-manager that the cluster has already."""

    name: ObjectName
    kind: Literal["ClusterIssuer", "Issuer"] = "ClusterIssuer"
    """An ``Issuer`` is looked for in the platform's namespace."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class InternalTlsArgs:
    """TLS between services (Kubernetes only)."""

    issuer: IssuerArgs
    """Signs a certificate for each service. It has to be an authority of the platform's own (kind
    CA, Vault and the like): its certificate comes with each, as ``ca.crt``, and is all that
    callers trust."""
    image: ImageReference = "envoyproxy/envoy:v1.40.0"
    """Envoy, which speaks TLS in front of each server."""
    cpu: CpuQuantity = 0.25
    """CPU cores of each such Envoy."""
    memory: Gibibytes = 0.25
    """GiB of each. A connection takes about 26 kB (measured), and each takes 2000 at most."""
