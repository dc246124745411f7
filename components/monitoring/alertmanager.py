"""Alertmanager: takes alerts from Prometheus and decides who hears of them."""

from pydantic.dataclasses import dataclass

from ..context import Context
from ..service import AIService
from ..spec import File, Health, HttpCheck, Port, Resources, Scrape, ServiceSpec, Volume
from ..text import to_yaml
from ..types import STRICT, CpuQuantity, Gibibytes, ImageReference

PORT = 9093
CONFIG = "/etc/alertmanager/alertmanager.yml"
DATA = "/alertmanager"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class AlertmanagerArgs:
    """Settings of Alertmanager."""

    image: ImageReference = "prom/alertmanager:v0.34.2"
    volume: Gibibytes = 1
    """Size in GiB of the volume that holds silences and what was notified."""
    cpu: CpuQuantity = 0.1
    memory: Gibibytes = 0.125


class Alertmanager(AIService[AlertmanagerArgs]):
    """One Alertmanager, which shows alerts and notifies nobody."""

    service = "alertmanager"
    args_type = AlertmanagerArgs

    @classmethod
    def describe(cls, args: AlertmanagerArgs, context: Context) -> ServiceSpec:
        return ServiceSpec(
            name=cls.service,
            category="monitoring",
            image=args.image,
            user=65534,
            group=65534,
            args=(
                f"--config.file={CONFIG}",
                f"--storage.path={DATA}",
                # Alone, it has no one to gossip with; empty switches clustering off.
                "--cluster.listen-address=",
                f"--log.level={context.log_level}",
                "--log.format=json",
            ),
            ports=(Port(name="http", number=PORT),),
            health=Health(
                ready=HttpCheck(port=PORT, path="/-/ready", tool="wget"),
                live=HttpCheck(port=PORT, path="/-/healthy", tool="wget"),
            ),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            files=(File(path=CONFIG, content=config()),),
            volumes=(Volume(name="data", path=DATA, size=args.volume),),
            scrape=Scrape(port=PORT),
        )


def config() -> str:
    """The least that Alertmanager accepts: one receiver, without a way to notify."""
    document = {"route": {"receiver": "none"}, "receivers": [{"name": "none"}]}
    return to_yaml(document)
