"""The sidecar: Envoy, which speaks TLS for a server that listens on loopback only.

It passes bytes on and knows nothing of what they mean, so that whoever calls meets the server's own
answers, silences and broken connections.
"""

from dataclasses import replace
from typing import Any

from ..context import Context
from ..gateway.bootstrap import connection_limit
from ..gateway.clusters import admin_cluster
from ..gateway.listeners import BUFFER_BYTES, stats_listener
from ..gateway.tls import certificate_source, transport_socket
from ..spec import ServiceSpec
from ..spec.health import Health, HttpCheck
from ..spec.mounts import File
from ..spec.network import Port, Scrape
from ..spec.runs import Resources, Sidecar
from ..text import to_yaml
from .args import InternalTlsArgs
from .names import DIRECTORY, certificate, listening

NAME = "tls"
CONFIG = "/etc/envoy/envoy.yaml"
SOURCE = "/etc/envoy/certificate.yaml"
ADMIN_PORT = 9901
STATS = Port(name="tls-stats", number=9902)
MAX_CONNECTIONS = 2000
PROTOCOLS = {"grpc": ("h2",)}
"""gRPC is spoken only where the server says that it can; nothing else here asks (ALPN)."""
TCP_PROXY = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"


def encrypted(spec: ServiceSpec, context: Context, *names: str) -> ServiceSpec:
    """``spec`` with TLS on the ports called ``names``, where the platform has TLS.

    The server has to listen where ``listening`` says.
    """
    if context.internal_tls is None:
        return spec
    ports = tuple(
        replace(port, tls=spec.name, inside=listening(context, port.number)[1])
        if port.name in names
        else port
        for port in spec.ports
    )
    return replace(spec, ports=ports, sidecar=sidecar(ports, context.internal_tls))


def sidecar(ports: tuple[Port, ...], args: InternalTlsArgs) -> Sidecar:
    """Envoy before those of ``ports`` that have something inside."""
    ready = HttpCheck(port=STATS.number, path="/ready", tool="bash")
    return Sidecar(
        name=NAME,
        image=args.image,
        command=("envoy", "-c", CONFIG, "--log-level", "warning", "--concurrency", "1"),
        ports=(STATS,),
        health=Health(ready=ready, live=ready),
        resources=Resources(cpu=args.cpu, memory=args.memory),
        files=(
            File(path=CONFIG, content=bootstrap(ports)),
            File(path=SOURCE, content=certificate_source(DIRECTORY)),
        ),
        certificate=certificate(args),
        scrape=Scrape(port=STATS.number, path="/stats/prometheus"),
    )


def bootstrap(ports: tuple[Port, ...]) -> str:
    """The sidecar's configuration: the same for every track and replica."""
    behind = {port: port.inside for port in ports if port.inside is not None}
    config = {
        "node": {"id": NAME, "cluster": "researchflow"},
        "admin": {"address": _address("127.0.0.1", ADMIN_PORT)},
        "overload_manager": {"resource_monitors": [connection_limit(MAX_CONNECTIONS)]},
        "static_resources": {
            "listeners": [*(_listener(port) for port in behind), stats_listener(STATS.number)],
            "clusters": [
                *(_cluster(port.name, inside) for port, inside in behind.items()),
                admin_cluster(ADMIN_PORT),
            ],
        },
    }
    return to_yaml(config)


def _listener(port: Port) -> dict[str, Any]:
    passed_on = {
        "@type": TCP_PROXY,
        "stat_prefix": port.name,
        "cluster": port.name,
        # How long a connection may be idle is the server's business.
        "idle_timeout": "0s",
    }
    return {
        "name": port.name,
        "address": _address("0.0.0.0", port.number),
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        # A client that is gone without a word is noticed after five minutes and some.
        "tcp_keepalive": {"keepalive_time": 300},
        "filter_chains": [
            {
                "filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": passed_on}],
                "transport_socket": transport_socket(SOURCE, PROTOCOLS.get(port.name, ())),
            }
        ],
    }


def _cluster(name: str, inside: int) -> dict[str, Any]:
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "circuit_breakers": {"thresholds": [{"max_connections": MAX_CONNECTIONS}]},
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [
                {"lb_endpoints": [{"endpoint": {"address": _address("127.0.0.1", inside)}}]}
            ],
        },
    }


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}
