"""Pod templates: of a server, and of a job beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...audience import mirrored
from ...files import directories
from . import quantity, timing
from .files import config_hash, server_directories
from .mounts import job_mounts, scheduled_mounts, server_mounts, sidecar_mounts
from .naming import account_name, labels, selector
from .probes import probes
from .security import container_security, pod_security

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ...spec import ServiceSpec
    from ...spec.network import Port
    from ...spec.runs import Job, Resources, Run, ScheduledJob, Sidecar
    from .cluster import Cluster
    from .manifest import Body
    from .mounts import Mount

PULL_SECRET = "registry-credentials"
GPU = "nvidia.com/gpu"
GPU_TOLERATION = {"key": GPU, "operator": "Exists", "effect": "NoSchedule"}
POOL_LABEL = "researchflow.ai/pool"


def server_template(spec: ServiceSpec, cluster: Cluster) -> Body:
    """The pods of ``spec``. An annotation changes with the configuration, so that pods roll."""
    mounts = server_mounts(spec)
    container: Body = {
        **_container(spec, cluster, mounts),
        **({"command": list(spec.command)} if spec.command else {}),
        **({"args": list(spec.args)} if spec.args else {}),
        **_environment(spec.environment),
        **_ports(spec.ports),
        **probes(spec.health, spec.ports),
        "resources": _resources(spec.resources, gpus=0 if spec.per_node else spec.resources.gpus),
        "lifecycle": {"preStop": _pre_stop(spec)},
    }
    beside = sidecar_mounts(spec, spec.sidecar) if spec.sidecar else ()
    # Both may hold the same certificate: one volume, mounted twice.
    volumes = {mount.name: mount for mount in (*mounts, *beside)}.values()
    body = _pod(spec, cluster, volumes, container) | {
        **_placement(spec, cluster),
        "automountServiceAccountToken": spec.has_token,
        "terminationGracePeriodSeconds": timing.stop(spec),
    }
    if spec.sidecar:
        body["initContainers"] = [_sidecar(spec, spec.sidecar, cluster, beside)]
    if spec.host_pid:
        body["hostPID"] = True
    if not spec.per_node:
        body["topologySpreadConstraints"] = _spread(spec)
    annotations = config_hash(server_directories(spec))
    return _template(labels(spec, cluster), annotations, body)


def _sidecar(
    spec: ServiceSpec, sidecar: Sidecar, cluster: Cluster, mounts: Iterable[Mount]
) -> Body:
    """Kubernetes' native sidecar: it is well before the server starts, and ends after it."""
    return {
        "name": sidecar.name,
        "image": mirrored(sidecar.image, cluster.images.mirror),
        "restartPolicy": "Always",
        "securityContext": container_security(spec),
        "volumeMounts": [mount.mount() for mount in mounts],
        "command": list(sidecar.command),
        **_ports(sidecar.ports),
        **probes(sidecar.health, sidecar.ports),
        "resources": _resources(sidecar.resources, gpus=0),
    }


def job_template(spec: ServiceSpec, job: Job, cluster: Cluster) -> Body:
    """The pod of ``job``: on the volumes of ``spec``, so where its server runs if it runs.

    On the nodes of its service, without a GPU of its own: a ReadWriteOnce volume is attached to one
    node at a time.
    """
    near = {"affinity": _near(spec)} if spec.volumes else {}
    where = _placement(spec, cluster) | near
    return _run_template(spec, job, cluster, job_mounts(spec, job), where)


def scheduled_template(spec: ServiceSpec, job: ScheduledJob, cluster: Cluster) -> Body:
    """The pod of one run of ``job``, on any node: it has nothing of its server's."""
    return _run_template(spec, job, cluster, scheduled_mounts(spec, job, cluster), {})


def _run_template(
    spec: ServiceSpec, run: Run, cluster: Cluster, mounts: Iterable[Mount], where: Body
) -> Body:
    container: Body = {
        **_container(spec, cluster, mounts),
        "command": list(run.command),
        **_environment(run.environment),
        "resources": _resources(run.resources, gpus=run.resources.gpus),
    }
    body = _pod(spec, cluster, mounts, container) | {
        "serviceAccountName": account_name(spec, run),
        "automountServiceAccountToken": False,
        # A pod that failed stays for its log; OnFailure would overwrite it.
        "restartPolicy": "Never",
        **where,
    }
    return _template(labels(spec, cluster, run), config_hash(directories(run.files)), body)


def _template(pod_labels: Body, annotations: Body, body: Body) -> Body:
    described: Body = {"labels": pod_labels} | ({"annotations": annotations} if annotations else {})
    return {"metadata": described, "spec": body}


def _pod(spec: ServiceSpec, cluster: Cluster, mounts: Iterable[Mount], container: Body) -> Body:
    volumes = [mount.volume() for mount in mounts]
    pull = [{"name": PULL_SECRET}] if cluster.images.pull_secret else []
    return {
        "serviceAccountName": account_name(spec),
        "enableServiceLinks": False,
        "securityContext": pod_security(spec),
        **({"imagePullSecrets": pull} if pull else {}),
        "containers": [container],
        **({"volumes": volumes} if volumes else {}),
    }


def _container(spec: ServiceSpec, cluster: Cluster, mounts: Iterable[Mount]) -> Body:
    mounted = [mount.mount() for mount in mounts]
    return {
        "name": spec.name,
        "image": mirrored(spec.image, cluster.images.mirror),
        "securityContext": container_security(spec),
        **({"volumeMounts": mounted} if mounted else {}),
    }


def _environment(variables: Mapping[str, str]) -> Body:
    entries = [{"name": name, "value": value} for name, value in sorted(variables.items())]
    return {"env": entries} if entries else {}


def _ports(ports: Iterable[Port]) -> Body:
    found = [{"name": port.name, "containerPort": port.number} for port in ports]
    return {"ports": found} if found else {}


def _resources(resources: Resources, *, gpus: int) -> Body:
    amounts = {"cpu": quantity.cpu(resources.cpu), "memory": quantity.memory(resources.memory)}
    if gpus:
        amounts[GPU] = str(gpus)
    return {"requests": amounts, "limits": dict(amounts)}


def _pre_stop(spec: ServiceSpec) -> Body:
    if spec.drain.command:
        return {"exec": {"command": list(spec.drain.command)}}
    # kubelet's own sleep: images without a shell have no other.
    return {"sleep": {"seconds": timing.SETTLE}}


def _placement(spec: ServiceSpec, cluster: Cluster) -> Body:
    """Where pods may go. A per-node agent that names GPUs watches those of each GPU node."""
    if spec.resources.gpus and cluster.gpu:
        return {
            "nodeSelector": {POOL_LABEL: cluster.gpu.pool},
            "tolerations": [dict(GPU_TOLERATION)],
        }
    return {"tolerations": [dict(GPU_TOLERATION)]} if spec.per_node else {}


def _spread(spec: ServiceSpec) -> list[Body]:
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector(spec)},
            # Pods of the version that is going do not count.
            "matchLabelKeys": ["pod-template-hash"],
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def _near(spec: ServiceSpec) -> Body:
    term = {
        "labelSelector": {"matchLabels": selector(spec)},
        "topologyKey": "kubernetes.io/hostname",
    }
    preferred = [{"weight": 100, "podAffinityTerm": term}]
    return {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}
