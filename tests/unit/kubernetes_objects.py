"""What the Kubernetes tests share: a plain service, a plain cluster, and a look at objects."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from components.capacity import CapacityArgs
from components.context import GpuArgs
from components.platforms.kubernetes.args import KubernetesArgs
from components.platforms.kubernetes.cluster import Cluster
from components.platforms.kubernetes.files import live_manifests
from components.platforms.kubernetes.manifest import Body, Manifest
from components.platforms.kubernetes.manifests import manifests
from components.spec import ServiceSpec
from components.spec.health import Health, HttpCheck, NoTool
from components.spec.network import Edge, Port
from components.spec.runs import Job, Resources

CHECK = HttpCheck(port=8000, path="/ready", tool=NoTool(reason="a test asks nobody"))
SERVICE = ServiceSpec(
    name="search",
    track="stable",
    category="inference",
    image="example/search:1.2.3",
    user=1000,
    group=1001,
    ports=(Port(name="http", number=8000, published=8000), Port(name="metrics", number=8002)),
    health=Health(ready=CHECK, live=CHECK),
    resources=Resources(cpu=0.5, memory=2),
)
JOB = Job(
    name="load",
    command=("load",),
    resources=Resources(cpu=1, memory=1),
    timeout_seconds=600,
)
AGENT = replace(
    SERVICE,
    name="agent",
    track=None,
    category="monitoring",
    per_node=True,
    privileged_reason="reads the host's /proc",
)
CLUSTER = Cluster(
    args=KubernetesArgs(namespace="ai"),
    capacity=CapacityArgs(),
    environment="staging",
    gpu=GpuArgs(pool="l4", gpus=2),
)


def service(**changes: Any) -> ServiceSpec:
    """A service without peculiarities, but for ``changes``."""
    return replace(SERVICE, **changes)


def cluster(**changes: Any) -> Cluster:
    """A cluster with a GPU pool and no clients, but for ``changes``."""
    return replace(CLUSTER, **changes)


def objects(
    spec: ServiceSpec, callers: Iterable[Edge] = (), on: Cluster = CLUSTER
) -> dict[tuple[str, str], Manifest]:
    """Everything made for ``spec``, by kind and name."""
    found = (*live_manifests(spec, on), *manifests(spec, callers, on))
    return {(each.body["kind"], each.body["metadata"]["name"]): each for each in found}


def kinds(spec: ServiceSpec, on: Cluster = CLUSTER) -> list[str]:
    """The kinds made for ``spec``, sorted."""
    return sorted(kind for kind, _ in objects(spec, (), on))


def only(kind: str, spec: ServiceSpec, callers: Iterable[Edge] = (), on: Cluster = CLUSTER) -> Body:
    """The one object of ``kind`` made for ``spec``."""
    (manifest,) = (each for (found, _), each in objects(spec, callers, on).items() if found == kind)
    return manifest.body


def pod(spec: ServiceSpec, on: Cluster = CLUSTER) -> Body:
    """The pod template of the server."""
    kind = "DaemonSet" if spec.per_node else "Deployment"
    template: Body = only(kind, spec, (), on)["spec"]["template"]
    return template


def container(spec: ServiceSpec, on: Cluster = CLUSTER) -> Body:
    """The server's container."""
    (found,) = pod(spec, on)["spec"]["containers"]
    body: Body = found
    return body


def job_pod(spec: ServiceSpec, on: Cluster = CLUSTER) -> Body:
    """The pod template of the one job of ``spec``."""
    template: Body = only("Job", spec, (), on)["spec"]["template"]
    return template


def violations(template: Body) -> list[str]:
    """What the restricted Pod Security level would refuse in a pod template.

    The controls of https://kubernetes.io/docs/concepts/security/pod-security-standards/ that our
    manifests can touch at all.
    """
    spec = template["spec"]
    found = [key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    allowed = {"configMap", "secret", "emptyDir", "persistentVolumeClaim"}
    for volume in spec.get("volumes", []):
        found += [f"volume {source}" for source in volume.keys() - {"name"} - allowed]
    context = spec["securityContext"]
    if context.get("runAsNonRoot") is not True or context.get("runAsUser") == 0:
        found.append("runs as root")
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        found.append("no seccomp profile")
    for each in spec["containers"]:
        inner = each["securityContext"]
        if inner.get("allowPrivilegeEscalation") is not False:
            found.append("may escalate")
        if inner["capabilities"].get("drop") != ["ALL"]:
            found.append("keeps capabilities")
        found += [f"adds {name}" for name in inner["capabilities"].get("add", [])]
        found += [f"host port {port}" for port in each.get("ports", []) if "hostPort" in port]
        if inner.get("privileged") or inner.get("runAsUser") == 0:
            found.append("privileged container")
    return found
