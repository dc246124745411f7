"""Grafana Alloy as log collector: every line that a container writes, to a Loki elsewhere.

On Kubernetes it reads through the API, as ``kubectl logs`` does, so it needs no path of the node
and no root. Docker tells what its containers write only to root's own socket; there, the daemon
itself sends each line to the collector (syslog, see ``platforms/docker/logs.py``).
"""

import json
from collections.abc import Sequence

from pydantic.dataclasses import dataclass

from ..context import SYSLOG_PORT, Context, LogsArgs
from ..service import AIService
from ..spec import ApiAccess, ServiceSpec
from ..spec.health import Health, HttpCheck
from ..spec.mounts import File, SecretFile, Volume
from ..spec.network import Port, Scrape
from ..spec.runs import Resources
from ..types import STRICT, CpuQuantity, Gibibytes, ImageReference

PORT = 12345
CONFIG = "/etc/alloy/config.alloy"
DATA = "/var/lib/alloy/data"
TOKEN = "logsToken"
TOKEN_FILE = "/run/secrets/log-collector/token"
POD = "__meta_kubernetes_pod"

# What a service is called says whose line it is: a track and the number of a copy may follow.
INSTANCE = "(.+?)(?:-(stable|canary))?(?:-[0-9]+)?"


LONGEST = 17 * 1024
"""Bytes of a datagram: Docker cuts lines at 16 KiB, and a header comes before each piece."""
QUEUE = 4096
"""Datagrams that wait, each of which takes the length of the longest: 68 MiB."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LogCollectorArgs:
    """Settings of the log collector, which exists only where the setting ``logs`` does."""

    image: ImageReference = "grafana/alloy:v1.18.1"
    volume: Gibibytes = 1
    """Size in GiB of the volume that holds how far each log was read."""
    cpu: CpuQuantity = 0.2
    memory: Gibibytes = 0.5


class LogCollector(AIService[LogCollectorArgs]):
    """One collector for all services of the platform; its own lines stay on the node."""

    service = "log-collector"
    args_type = LogCollectorArgs

    @classmethod
    def wanted(cls, context: Context) -> bool:
        return context.logs is not None

    @classmethod
    def describe(cls, args: LogCollectorArgs, context: Context) -> ServiceSpec:
        if context.logs is None:
            raise ValueError("the log collector needs the setting logs, which says where to send")
        # Its /-/healthy fails where a part of it does, and a restart would help none of them.
        ready = HttpCheck(port=PORT, path="/-/ready", tool="bash")
        ports = [Port(name="http", number=PORT)]
        if not context.kubernetes:
            syslog = Port(name="syslog", number=SYSLOG_PORT, published=SYSLOG_PORT, udp=True)
            ports.append(syslog)
        return ServiceSpec(
            name=cls.service,
            category="monitoring",
            image=args.image,
            # The image's own user; it would start as root.
            user=473,
            group=473,
            args=(
                "run",
                f"--server.http.listen-addr=0.0.0.0:{PORT}",
                f"--storage.path={DATA}",
                "--server.http.enable-pprof=false",
                "--disable-support-bundle",
                # It would report to its makers what it is used for.
                "--disable-reporting",
                CONFIG,
            ),
            ports=tuple(ports),
            health=Health(ready=ready, live=ready),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            files=(File(path=CONFIG, content=config(context, context.logs)),),
            secret_files=(SecretFile(path=TOKEN_FILE, template=f"${{{TOKEN}}}"),),
            volumes=(Volume(name="data", path=DATA, size=args.volume),),
            api_access=LOGS_OF_PODS if context.kubernetes else (),
            edge=not context.kubernetes,
            internet=True,
            scrape=Scrape(port=PORT),
        )


LOGS_OF_PODS = (
    ApiAccess(resources=("pods",), verbs=("get", "list", "watch")),
    ApiAccess(resources=("pods/log",), verbs=("get",)),
)


def config(context: Context, logs: LogsArgs) -> str:
    """``config.alloy``: where lines come from, and where they go."""
    source = pods(context) if context.kubernetes else containers()
    return "\n".join((own_log(context), *source, store(context, logs)))


def own_log(context: Context) -> str:
    """How it logs itself."""
    return f"""logging {{
  level  = {json.dumps(context.log_level)}
  format = "json"
}}
"""


def pods(context: Context) -> Sequence[str]:
    """Every container of the platform's pods, jobs too, through the Kubernetes API."""
    namespaces = json.dumps([context.namespace, context.node_namespace])
    rules = (
        # A failure to send would be sent, and fail.
        rule(f"{POD}_label_app_kubernetes_io_name", regex=LogCollector.service, action="drop"),
        # There is nothing to read yet, and to ask for it is an error.
        rule(f"{POD}_phase", regex="Pending", action="drop"),
        rule(f"{POD}_label_app_kubernetes_io_name", target_label="job"),
        rule(f"{POD}_label_researchflow_ai_track", target_label="track"),
        rule("__meta_kubernetes_namespace", target_label="namespace"),
        rule(f"{POD}_name", target_label="pod"),
        rule(f"{POD}_container_name", target_label="container"),
    )
    return (
        f"""discovery.kubernetes "pods" {{
  role = "pod"

  namespaces {{
    names = {namespaces}
  }}
}}
""",
        f"""discovery.relabel "pods" {{
  targets = discovery.kubernetes.pods.targets
{"".join(rules)}}}
""",
        """loki.source.kubernetes "pods" {
  targets    = discovery.relabel.pods.output
  forward_to = [loki.write.store.receiver]
}
""",
    )


def containers() -> Sequence[str]:
    """Every container of the machine's stack, whose lines Docker sends, one a datagram."""
    source = "__syslog_message_app_name"
    rules = (
        rule(source, target_label="container"),
        rule(source, regex=INSTANCE, replacement="$1", target_label="job"),
        rule(source, regex=INSTANCE, replacement="$2", target_label="track"),
    )
    return (
        f"""loki.relabel "containers" {{
  forward_to = []
{"".join(rules)}}}
""",
        f"""loki.source.syslog "containers" {{
  relabel_rules = loki.relabel.containers.rules
  forward_to    = [loki.write.store.receiver]

  listener {{
    address                = "0.0.0.0:{SYSLOG_PORT}"
    protocol               = "udp"
    use_incoming_timestamp = true
    max_message_length     = {LONGEST}
    udp_queue_size         = {QUEUE}
  }}
}}
""",
    )


def rule(source: str, **settings: str) -> str:
    """A relabelling rule on one label."""
    lines = [f"    {key:13} = {json.dumps(value)}\n" for key, value in settings.items()]
    return f"\n  rule {{\n    source_labels = {json.dumps([source])}\n{''.join(lines)}  }}\n"


def store(context: Context, logs: LogsArgs) -> str:
    """Where lines go; the proof of who we are is the name of a file."""
    if logs.user is None:
        proof = f"bearer_token_file = {json.dumps(TOKEN_FILE)}\n"
    else:
        proof = (
            f"basic_auth {{\n      username      = {json.dumps(logs.user)}\n"
            f"      password_file = {json.dumps(TOKEN_FILE)}\n    }}\n"
        )
    return f"""loki.write "store" {{
  endpoint {{
    url = {json.dumps(logs.url)}
    {proof}  }}

  external_labels = {{ environment = {json.dumps(context.environment)} }}
}}
"""
