"""Where people and applications find the platform, as the stack's outputs say it."""

from collections.abc import Iterable

from .platforms import Target
from .spec import ServiceSpec
from .spec.network import Port


def endpoints(specs: Iterable[ServiceSpec], target: Target) -> dict[str, str]:
    """URL of every published port by ``<service>`` or, at the gateway, by the service behind it.

    Docker: on the machine's own address. Kubernetes: the name inside the cluster. ``flags`` is the
    guide's FEATURE_FLAG_SERVICE and ``prometheus`` its PROMETHEUS_URL. Where a port speaks TLS, it
    is the name on its certificate.
    """
    return {
        port.name if spec.front_door else spec.name: f"{origin(spec, port, target)}:{port.number}"
        for spec in specs
        for port in spec.ports
        if port.published is not None and not port.udp
    }


def origin(spec: ServiceSpec, port: Port, target: Target) -> str:
    """Scheme and host of a port."""
    return f"https://{port.tls}" if port.tls else f"http://{host(spec, target)}"


def host(spec: ServiceSpec, target: Target) -> str:
    """Where a client finds ``spec``; an IPv6 address stands in brackets."""
    if target.kind == "docker":
        return f"[{target.address}]" if ":" in target.address else target.address
    return f"{spec.instance}.{target.namespace}.svc.{target.dns.domain}"
