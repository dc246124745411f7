"""dcgm-exporter: load, memory, temperature and errors of GPUs."""

from pydantic.dataclasses import dataclass

from ...context import Context
from ...service import AIService
from ...spec import ServiceSpec
from ...spec.health import Health, HttpCheck
from ...spec.mounts import HostMount, Scratch
from ...spec.network import Port, Scrape
from ...spec.runs import Resources
from ...types import STRICT, CpuQuantity, Gibibytes, ImageReference

PORT = 9400
KUBELET = "/var/lib/kubelet/pod-resources"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DcgmExporterArgs:
    """Settings of the GPU exporter, which exists only where the setting ``gpu`` does."""

    image: ImageReference = "nvcr.io/nvidia/k8s/dcgm-exporter:4.5.3-4.8.2-distroless"
    cpu: CpuQuantity = 0.2
    memory: Gibibytes = 0.5
    """NVIDIA's own chart gives it 512 MiB."""


class DcgmExporter(AIService[DcgmExporterArgs]):
    """One copy on every GPU node. It sees all GPUs and claims none."""

    service = "dcgm-exporter"
    args_type = DcgmExporterArgs

    @classmethod
    def wanted(cls, context: Context) -> bool:
        return context.gpu is not None

    @classmethod
    def describe(cls, args: DcgmExporterArgs, context: Context) -> ServiceSpec:
        # The image has bash, for its entry point, and nothing else that could ask.
        healthy = HttpCheck(port=PORT, path="/health", tool="bash")
        return ServiceSpec(
            name=cls.service,
            category="monitoring",
            image=args.image,
            user=0,
            group=0,
            capabilities=("SYS_ADMIN",),
            environment=environment(context),
            ports=(Port(name="metrics", number=PORT),),
            health=Health(ready=healthy, live=healthy),
            resources=Resources(cpu=args.cpu, memory=args.memory, gpus=1),
            scratch=(Scratch(path="/tmp", size=0.0625),),
            scrape=Scrape(port=PORT),
            per_node=True,
            privileged_reason=(
                "profiling counters, the only measure of load under MIG, need SYS_ADMIN, and the "
                "kubelet's socket, which says what pod has which GPU, needs root and a host path"
            ),
            host_mounts=(HostMount(host=KUBELET, path=KUBELET),) if context.kubernetes else (),
        )


def environment(context: Context) -> dict[str, str]:
    """The exporter's flags, as the variables that it has for them."""
    return {
        "DCGM_EXPORTER_LISTEN": f":{PORT}",
        # As often as it is scraped; at its own default of 30 s every second sample would be stale.
        "DCGM_EXPORTER_INTERVAL": "15000",
        "DCGM_EXPORTER_KUBERNETES": "true" if context.kubernetes else "false",
        "DCGM_EXPORTER_LOG_FORMAT": "json",
        "DCGM_EXPORTER_DEBUG": "true" if context.log_level == "debug" else "false",
    }
