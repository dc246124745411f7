"""The gateway as a service of the platform."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import Field
from pydantic.dataclasses import dataclass

from ..context import Context
from ..internal_tls.names import trusted
from ..service import AIService
from ..spec import ServiceSpec
from ..spec.health import Health, HttpCheck
from ..spec.mounts import File
from ..spec.network import Edge, Port, Scrape
from ..spec.runs import Drain, Resources
from ..types import STRICT, Count, CpuQuantity, Gibibytes, ImageReference, Name, Seconds
from .access import AccessArgs
from .authentication import ROUTE_PATH as KEY_PATH
from .authentication import key_file
from .bootstrap import ADMIN_PORT, STATS_PORT, Door, Limits, bootstrap
from .names import fronted, versions
from .rate_limits import limits
from .routes import route_files
from .tls import SOURCE, TlsArgs, certificate_source
from .upstream_tls import SOURCE as AUTHORITY_SOURCE
from .upstream_tls import authority_source

CONFIG = "/etc/envoy/envoy.yaml"
OWN_LOG = '{"time": "%Y-%m-%dT%T.%e%z", "level": "%l", "logger": "%n", "message": "%j"}'
"""What Envoy says of itself, from its first line on; %j is text made fit for JSON."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class GatewayArgs:
    """Settings of the gateway."""

    image: ImageReference = "envoyproxy/envoy:v1.40.0"
    replicas: Count = 1
    cpu: CpuQuantity = 1
    memory: Gibibytes = 0.5
    drain: Seconds = 60
    """Seconds for running requests to end when a gateway stops."""
    max_request: Count = 32
    """Size in MiB of the largest request; a larger one is answered with 413."""
    max_connections: Count = 2000
    """Open connections of clients that each replica takes; more are closed at once."""
    max_active: Count = 500
    """Requests that each replica sends at once to one version of a service (its circuit breaker);
    more are answered with 503 at once."""
    max_active_of: Mapping[Name, Count] = Field(default_factory=dict)
    """The same for single services, by name."""
    access: AccessArgs = Field(default_factory=AccessArgs)
    """Who may come in."""
    tls: TlsArgs | None = None
    """The gateway's certificate; without it, its ports speak plain HTTP."""

    @property
    def limits(self) -> Limits:
        """What a gateway takes at most."""
        return Limits(
            max_request=self.max_request,
            max_connections=self.max_connections,
            max_active=self.max_active,
            max_active_of=self.max_active_of,
            memory=self.memory,
        )


class Gateway(AIService[GatewayArgs]):
    """Envoy on the guide's own ports: 11434 Ollama, 8000 Triton, 5000 FAISS."""

    service = "gateway"
    args_type = GatewayArgs

    @classmethod
    def describe(cls, args: GatewayArgs, context: Context) -> ServiceSpec:
        backends = fronted(context.peers)
        # Both versions of a service are behind one port of the gateway.
        services = [stable for stable, *_ in versions(backends)]
        ready = HttpCheck(port=STATS_PORT, path="/ready", tool="bash")
        return ServiceSpec(
            name=cls.service,
            category="delivery",
            image=args.image,
            user=101,
            group=101,
            replicas=args.replicas,
            command=(
                *("envoy", "-c", CONFIG, "--log-level", log_level(context)),
                *("--log-format", OWN_LOG),
                # The access log; of its own accord Envoy holds lines back for ten seconds.
                *("--file-flush-interval-msec", "1000"),
            ),
            ports=(*doors(services, args.tls), Port(name="stats", number=STATS_PORT)),
            health=Health(ready=ready, live=ready),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            files=tuple(files(backends, args, context)),
            secret_files=args.tls.secret_files if args.tls else (),
            certificates=(*(args.tls.certificates if args.tls else ()), *trusted(context)),
            talks_to=tuple(
                Edge(service=spec.name, port=spec.port("http").number) for spec in services
            ),
            scrape=Scrape(port=STATS_PORT, path="/stats/prometheus"),
            serves_clients=True,
            edge=True,
            front_door=True,
            drain=Drain(seconds=args.drain, command=("bash", "-c", drain_command(args.drain))),
            facts={
                "authentication": args.access.required,
                "clients": sorted(args.access.clients),
                "tlsHosts": list(args.tls.hosts) if args.tls else [],
            },
        )


def doors(services: Iterable[ServiceSpec], tls: TlsArgs | None) -> Iterator[Port]:
    """The ports of clients: each service has its own."""
    for spec in services:
        number = spec.port("http").number
        yield Port(
            name=spec.name, number=number, published=number, tls=tls.hosts[0] if tls else None
        )


def files(backends: tuple[ServiceSpec, ...], args: GatewayArgs, context: Context) -> Iterator[File]:
    """Envoy's configuration: what it is started with, and what it watches."""
    yield File(path=CONFIG, content=bootstrap(backends, args.limits, door(args, context)))
    if args.tls:
        yield File(path=SOURCE, content=certificate_source())
    if context.internal_tls:
        yield File(path=AUTHORITY_SOURCE, content=authority_source())
    for path, text in watched_files(backends, args, context).items():
        yield File(path=path, content=text, live=True)


def door(args: GatewayArgs, context: Context) -> Door:
    """What clients meet. Nothing in it changes with the clients: that would mean a restart."""
    return Door(
        environment=context.environment,
        asks_for_tokens=args.access.required,
        tls=args.tls is not None,
    )


def watched_files(
    backends: tuple[ServiceSpec, ...], args: GatewayArgs, context: Context
) -> dict[str, str]:
    """Path and text of all that changes while the gateway runs: routes, limits, keys."""
    features = context.feature_services
    if not args.access.required:
        return route_files(backends, context.weights, features=features)
    filters = limits(args.access, args.replicas)
    return {
        **route_files(backends, context.weights, filters=filters, features=features),
        KEY_PATH: key_file(args.access),
    }


def log_level(context: Context) -> str:
    """LOG_LEVEL in Envoy's words."""
    return {"warn": "warning"}.get(context.log_level, context.log_level)


def drain_command(seconds: int) -> str:
    """Turns readiness off, so that no new request is sent here, and lets the rest finish.

    Envoy ends at once on SIGTERM; only waiting beforehand drains it.
    """
    # HTTP/1.1 with a host: the admin interface refuses anything less with 426.
    post = "POST /healthcheck/fail HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 0\\r\\n\\r\\n"
    tell = f"exec 3<>/dev/tcp/127.0.0.1/{ADMIN_PORT} && printf '{post}' >&3 && read -r _ <&3"
    return f"{tell}; sleep {seconds}"
