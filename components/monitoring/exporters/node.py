"""node_exporter: CPU, memory and disks of every node."""

from pydantic.dataclasses import dataclass

from ...context import Context
from ...service import AIService
from ...spec import ServiceSpec
from ...spec.health import Health, HttpCheck
from ...spec.mounts import HostMount
from ...spec.network import Port, Scrape
from ...spec.runs import Resources
from ...types import STRICT, CpuQuantity, Gibibytes, ImageReference

PORT = 9100
ROOT = "/host"

# Collectors that tell of the node. The network ones are left out: they would tell of the
# container's own network, and only the node's network namespace, which no policy guards, has more.
COLLECTORS = (
    "cpu", "diskstats", "filefd", "filesystem", "loadavg", "meminfo", "pressure", "stat", "time",
    "vmstat",
)  # fmt: skip

# No storage of the node's own: these are in memory, made by the kernel, or layers of containers.
FILE_SYSTEMS = (
    "autofs", "binfmt_misc", "bpf", "cgroup2?", "configfs", "debugfs", "devpts", "devtmpfs",
    "fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc", "pstore", "ramfs",
    "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tmpfs", "tracefs",
)  # fmt: skip
MOUNT_POINTS = r"^/(dev|proc|sys|run|var/lib/(docker|containerd|kubelet)/.+)($|/)"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class NodeExporterArgs:
    """Settings of the node exporter."""

    image: ImageReference = "prom/node-exporter:v1.12.1"
    cpu: CpuQuantity = 0.1
    memory: Gibibytes = 0.125


class NodeExporter(AIService[NodeExporterArgs]):
    """One copy on every node, which sees the node's files but cannot change them."""

    service = "node-exporter"
    args_type = NodeExporterArgs

    @classmethod
    def describe(cls, args: NodeExporterArgs, context: Context) -> ServiceSpec:
        answers = HttpCheck(port=PORT, path="/", tool="wget")
        return ServiceSpec(
            name=cls.service,
            category="monitoring",
            image=args.image,
            user=65534,
            group=65534,
            args=flags(context),
            ports=(Port(name="metrics", number=PORT),),
            health=Health(ready=answers, live=answers),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            scrape=Scrape(port=PORT),
            per_node=True,
            privileged_reason=(
                "sizes of the node's file systems can only be asked through a mount of the node's "
                "root, and Pod Security allows no host path"
            ),
            # /proc and /sys come with it, so the node's process namespace is not needed.
            host_mounts=(HostMount(host="/", path=ROOT),),
        )


def flags(context: Context) -> tuple[str, ...]:
    """node_exporter's command line: an exact list of collectors, reading the node's own files."""
    return (
        f"--path.rootfs={ROOT}",
        f"--path.procfs={ROOT}/proc",
        f"--path.sysfs={ROOT}/sys",
        f"--path.udev.data={ROOT}/run/udev/data",
        "--collector.disable-defaults",
        *(f"--collector.{name}" for name in COLLECTORS),
        f"--collector.filesystem.fs-types-exclude=^({'|'.join(FILE_SYSTEMS)})$",
        f"--collector.filesystem.mount-points-exclude={MOUNT_POINTS}",
        f"--log.level={context.log_level}",
        "--log.format=json",
    )
