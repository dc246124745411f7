"""kube-state-metrics: restarts and out-of-memory kills of every container, on Kubernetes.

Ollama and Triton do not tell when they started, and the kernel's count of kills names no
container. What a pod's status says about its containers is the namespace's own, so a Role is
enough. Memory of a container is the kubelet's to tell (``..kubelets``).
"""

from pydantic.dataclasses import dataclass

from ...context import Context
from ...service import AIService
from ...spec import ApiAccess, ServiceSpec
from ...spec.health import Health, HttpCheck, NoTool
from ...spec.network import Port, Scrape
from ...spec.runs import Resources
from ...types import STRICT, CpuQuantity, Gibibytes, ImageReference

PORT = 8080
OWN_PORT = 8081
"""Where it tells of itself, and whether it is ready."""

METRICS = (
    "kube_pod_container_status_last_terminated_reason",
    "kube_pod_container_status_ready",
    "kube_pod_container_status_restarts_total",
    "kube_pod_container_status_waiting_reason",
)


OF_DEPLOYMENTS = ("kube_deployment_spec_replicas", "kube_deployment_status_replicas_ready")
"""How many copies are wanted and how many are ready, where that changes."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class KubeStateMetricsArgs:
    """Settings of kube-state-metrics, which exists on Kubernetes only."""

    image: ImageReference = "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0"
    cpu: CpuQuantity = 0.1
    memory: Gibibytes = 0.125


class KubeStateMetrics(AIService[KubeStateMetricsArgs]):
    """Watches the pods of the platform's two namespaces, and nothing else of the cluster.

    Where a service is scaled, it watches Deployments, too.
    """

    service = "kube-state-metrics"
    args_type = KubeStateMetricsArgs

    @classmethod
    def wanted(cls, context: Context) -> bool:
        return context.kubernetes

    @classmethod
    def describe(cls, args: KubeStateMetricsArgs, context: Context) -> ServiceSpec:
        scaled = any(spec.scaling for spec in context.peers)
        metrics = (*METRICS, *OF_DEPLOYMENTS) if scaled else METRICS
        deployments = ApiAccess(resources=("deployments",), verbs=("list", "watch"), group="apps")
        nothing = NoTool(reason="the image holds nothing but kube-state-metrics")
        return ServiceSpec(
            name=cls.service,
            category="monitoring",
            image=args.image,
            user=65534,
            group=65534,
            args=(
                f"--port={PORT}",
                f"--telemetry-port={OWN_PORT}",
                f"--namespaces={context.namespace},{context.node_namespace}",
                f"--resources={'deployments,pods' if scaled else 'pods'}",
                f"--metric-allowlist={','.join(metrics)}",
            ),
            ports=(Port(name="metrics", number=PORT), Port(name="own", number=OWN_PORT)),
            health=Health(
                ready=HttpCheck(port=OWN_PORT, path="/readyz", tool=nothing),
                live=HttpCheck(port=PORT, path="/livez", tool=nothing),
            ),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            scrape=Scrape(port=PORT),
            api_access=(
                ApiAccess(resources=("pods",), verbs=("list", "watch")),
                *((deployments,) if scaled else ()),
            ),
        )
