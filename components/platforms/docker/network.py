"""Three networks, because Docker has no rules between the containers of one network.

``internal`` joins every service and has no way in or out: the machine has no address on it, or else
every service could reach whatever listens on all of the machine's addresses. Docker publishes no
port of a container that is only there, and reports no error. ``edge`` is for published ports, which
take an address of the machine: without masquerading, a connection from outside is answered, but
none can be opened to the outside. ``egress`` is for what its spec lets out: jobs that download
something, and what sends to receivers elsewhere. A service for clients also joins networks that are
the clients' own: where such a network leads outside, the service can follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...spec import ServiceSpec
    from .place import Kwargs, Place

INTERNAL = "internal"
EDGE = "edge"
EGRESS = "egress"

NO_ADDRESS = "com.docker.network.bridge.inhibit_ipv4"
MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade"


def networks(place: Place) -> dict[str, Kwargs]:
    """Arguments of the networks, by their role."""
    return {
        INTERNAL: {
            "name": place.named(INTERNAL),
            "driver": "bridge",
            "internal": True,
            "options": {NO_ADDRESS: "true"},
        },
        EDGE: {"name": place.named(EDGE), "driver": "bridge", "options": {MASQUERADE: "false"}},
        EGRESS: {"name": place.named(EGRESS), "driver": "bridge"},
    }


def service_networks(spec: ServiceSpec, place: Place) -> list[Kwargs]:
    """Where ``spec`` is reached by its instance name. Replicas share it: DNS answers with all."""
    names = [place.named(INTERNAL)]
    if spec.edge:
        names.append(place.named(EDGE))
    if spec.internet:
        names.append(place.named(EGRESS))
    if spec.serves_clients:
        names += [client.namespace for client in place.clients]
    return [{"name": name, "aliases": [spec.instance]} for name in dict.fromkeys(names)]


def published_ports(spec: ServiceSpec, place: Place) -> list[Kwargs]:
    """Published ports; ValueError for a port that Docker would silently not publish."""
    # In ascending order, as the provider reads them back; any other order is a diff for ever.
    ports = sorted((port for port in spec.ports if port.published), key=lambda port: port.number)
    if ports and not spec.edge:
        message = f"{spec.name} publishes port {ports[0].published}, so its spec needs edge=True"
        raise ValueError(message)
    return [
        {
            "internal": port.number,
            "external": port.published,
            "ip": place.args.address,
            **({"protocol": "udp"} if port.udp else {}),
        }
        for port in ports
    ]
