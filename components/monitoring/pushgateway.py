"""Pushgateway: keeps the metrics of what ends before Prometheus could scrape it."""

from pydantic.dataclasses import dataclass

from ..context import Context
from ..service import AIService
from ..spec import ServiceSpec
from ..spec.health import Health, HttpCheck
from ..spec.network import Port, Scrape
from ..spec.runs import Resources
from ..types import STRICT, CpuQuantity, Gibibytes, ImageReference

PORT = 9091


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PushgatewayArgs:
    """Settings of the Pushgateway."""

    image: ImageReference = "prom/pushgateway:v1.11.1"
    cpu: CpuQuantity = 0.1
    memory: Gibibytes = 0.125


class Pushgateway(AIService[PushgatewayArgs]):
    """Holds pushed metrics in memory only.

    A restart forgets them until the next push; what was scraped stays in Prometheus, and a file
    would bring back the groups of jobs that are long over.
    """

    service = "pushgateway"
    args_type = PushgatewayArgs

    @classmethod
    def describe(cls, args: PushgatewayArgs, context: Context) -> ServiceSpec:
        return ServiceSpec(
            name=cls.service,
            category="monitoring",
            image=args.image,
            user=65534,
            group=65534,
            args=(f"--log.level={context.log_level}", "--log.format=json"),
            ports=(Port(name="http", number=PORT),),
            health=Health(
                ready=HttpCheck(port=PORT, path="/-/ready", tool="wget"),
                live=HttpCheck(port=PORT, path="/-/healthy", tool="wget"),
            ),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            scrape=Scrape(port=PORT),
        )
