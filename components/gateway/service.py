"""The gateway as a service of the platform."""

from pydantic.dataclasses import dataclass

from ..context import Context
from ..service import AIService
from ..spec import Drain, Edge, File, Health, HttpCheck, Port, Resources, Scrape, ServiceSpec
from ..types import STRICT, Count, CpuQuantity, Gibibytes, ImageReference, Seconds
from .bootstrap import ADMIN_PORT, STATS_PORT, bootstrap
from .names import fronted
from .routes import route_file, route_path

CONFIG = "/etc/envoy/envoy.yaml"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class GatewayArgs:
    """Settings of the gateway."""

    image: ImageReference = "envoyproxy/envoy:v1.40.0"
    replicas: Count = 1
    cpu: CpuQuantity = 1
    memory: Gibibytes = 0.5
    drain: Seconds = 60
    """Seconds for running requests to end when a gateway stops."""


class Gateway(AIService[GatewayArgs]):
    """Envoy on the guide's own ports: 11434 Ollama, 8000 Triton, 5000 FAISS."""

    service = "gateway"
    args_type = GatewayArgs

    @classmethod
    def describe(cls, args: GatewayArgs, context: Context) -> ServiceSpec:
        backends = fronted(context.peers)
        ready = HttpCheck(port=STATS_PORT, path="/ready", tool="bash")
        return ServiceSpec(
            name=cls.service,
            category="delivery",
            image=args.image,
            user=101,
            group=101,
            replicas=args.replicas,
            command=("envoy", "-c", CONFIG, "--log-level", log_level(context)),
            ports=(
                *(
                    Port(
                        name=spec.name,
                        number=spec.port("http").number,
                        published=spec.port("http").number,
                    )
                    for spec in backends
                ),
                Port(name="stats", number=STATS_PORT),
            ),
            health=Health(ready=ready, live=ready),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            files=(
                File(path=CONFIG, content=bootstrap(backends)),
                *(
                    File(path=route_path(spec), content=route_file(spec), live=True)
                    for spec in backends
                ),
            ),
            talks_to=tuple(
                Edge(service=spec.name, port=spec.port("http").number) for spec in backends
            ),
            scrape=Scrape(port=STATS_PORT, path="/stats/prometheus"),
            serves_clients=True,
            edge=True,
            front_door=True,
            drain=Drain(seconds=args.drain, command=("bash", "-c", drain_command(args.drain))),
        )


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
