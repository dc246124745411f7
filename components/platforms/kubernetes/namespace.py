"""The two namespaces of the platform, and the limits that hold for all in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from . import quantity
from .manifest import Manifest
from .naming import common_labels
from .network import namespace_policies
from .pod import GPU, PULL_SECRET

if TYPE_CHECKING:
    from .cluster import Cluster
    from .manifest import Body

Level = Literal["restricted", "privileged"]

# Not a version: an older level would let through what a later one has learned to refuse, and every
# pod here is generated, so there is none that a stricter level could take by surprise.
LEVEL_VERSION = "latest"
NODE_REASON = (
    "Agents on every node read the host's /proc, /sys and devices, which the restricted Pod "
    "Security level refuses. Each says why it is here; nothing else may be."
)
# For a pod that somebody adds by hand without saying what it needs; ours all say.
DEFAULT_CPU = 0.25
DEFAULT_MEMORY = 0.25
REGISTRY_SECRET = "registryCredentials"


def foundation(cluster: Cluster) -> tuple[Manifest, ...]:
    """What stands before any service: namespaces that refuse, limit and isolate by default."""
    inner, node = cluster.namespace, cluster.node_namespace
    return (
        _namespace("namespace", inner, "restricted", cluster),
        _namespace("node-namespace", node, "privileged", cluster),
        quota(cluster),
        limit_range(cluster),
        *namespace_policies(inner, "", cluster),
        *namespace_policies(node, "node-", cluster),
        *_pull_secrets(cluster),
    )


def _namespace(suffix: str, name: str, level: Level, cluster: Cluster) -> Manifest:
    security: dict[str, str] = {}
    for mode in ("enforce", "audit", "warn"):
        security[f"pod-security.kubernetes.io/{mode}"] = level
        security[f"pod-security.kubernetes.io/{mode}-version"] = LEVEL_VERSION
    described: Body = {"name": name, "labels": common_labels(cluster) | security}
    if level == "privileged":
        described["annotations"] = {"researchflow.ai/privileged-reason": NODE_REASON}
    return Manifest(
        suffix=suffix,
        stage="namespace",
        body={"apiVersion": "v1", "kind": "Namespace", "metadata": described},
    )


def quota(cluster: Cluster) -> Manifest:
    """A ceiling for the services together: the capacity, of which settings keep room for updates.

    A rolling update starts a pod before it ends one, and a model is pulled beside a running server.
    Where several services roll at once the quota may hold a pod back for a while; it is tried again
    as soon as another has gone.
    """
    capacity = cluster.capacity
    hard = {
        "requests.cpu": quantity.cpu(capacity.cpus),
        "requests.memory": quantity.memory(capacity.memory),
        "limits.memory": quantity.memory(capacity.memory),
        "requests.storage": quantity.memory(capacity.disk),
    }
    if cluster.gpu:
        hard[f"requests.{GPU}"] = str(cluster.gpu.gpus)
    return Manifest(
        suffix="quota",
        body={
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": _named("capacity", cluster),
            "spec": {"hard": hard},
        },
    )


def limit_range(cluster: Cluster) -> Manifest:
    """What a container gets that names nothing, and the most that one may name: the capacity.

    The ceiling does not split the capacity between old and new copies: what a container may have
    beside others is the quota's business.
    """
    capacity = cluster.capacity
    default = {
        "cpu": quantity.cpu(min(DEFAULT_CPU, capacity.cpus)),
        "memory": quantity.memory(min(DEFAULT_MEMORY, capacity.memory)),
    }
    container = {
        "type": "Container",
        "default": default,
        "defaultRequest": dict(default),
        "max": {"cpu": quantity.cpu(capacity.cpus), "memory": quantity.memory(capacity.memory)},
    }
    volume = {
        "type": "PersistentVolumeClaim",
        "max": {"storage": quantity.memory(capacity.disk)},
    }
    return Manifest(
        suffix="limits",
        body={
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": _named("limits", cluster),
            "spec": {"limits": [container, volume]},
        },
    )


def _pull_secrets(cluster: Cluster) -> tuple[Manifest, ...]:
    """Registry credentials, once a namespace: a pod cannot use another's."""
    if not cluster.images.pull_secret:
        return ()
    prefixes = zip(("", "node-"), cluster.namespaces, strict=True)
    return tuple(
        Manifest(
            suffix=f"{prefix}{PULL_SECRET}",
            body={
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": _named(PULL_SECRET, cluster) | {"namespace": namespace},
                "type": "kubernetes.io/dockerconfigjson",
            },
            templates={".dockerconfigjson": f"${{{REGISTRY_SECRET}}}"},
        )
        for prefix, namespace in prefixes
    )


def _named(name: str, cluster: Cluster) -> Body:
    return {"name": name, "namespace": cluster.namespace, "labels": common_labels(cluster)}
