"""Where certificates are, and who has one."""

from typing import TYPE_CHECKING

from ..spec.mounts import Certificate

if TYPE_CHECKING:
    from ..context import Context
    from .args import InternalTlsArgs

DIRECTORY = "/etc/internal-tls"
AUTHORITY = f"{DIRECTORY}/ca.crt"
"""What callers trust, and nothing else."""
LOCAL = "localhost"
"""The Host that callers name to a server behind a sidecar.

Ollama on loopback answers 403 to any that is no local one (``allowedHostsMiddleware`` in its
``server/routes.go``), and passing bytes on, the sidecar cannot change it.
"""
INSIDE = 10_000
"""What the port of a server behind a sidecar is higher than the one that others see.

The sidecar has that one on every address, loopback among them.
"""


def certificate(tls: "InternalTlsArgs") -> Certificate:
    """The certificate of a service, for the names that the platform's DNS has for it."""
    return Certificate(
        name="internal-tls", path=DIRECTORY, issuer=tls.issuer.name, kind=tls.issuer.kind
    )


def trusted(context: "Context") -> tuple[Certificate, ...]:
    """What a service needs that calls others: the authority, which comes with a certificate."""
    return (certificate(context.internal_tls),) if context.internal_tls else ()


def scheme(context: "Context", plain: str = "http", secure: str = "https") -> str:
    """How the URL of a service begins that has TLS wherever there is TLS."""
    return secure if context.internal_tls else plain


def listening(context: "Context", port: int) -> tuple[str, int]:
    """Address and port on which a server itself listens, when others are to find it on ``port``."""
    return ("127.0.0.1", port + INSIDE) if context.internal_tls else ("0.0.0.0", port)
