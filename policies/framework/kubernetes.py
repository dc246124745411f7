"""Where things are in Kubernetes objects."""

from collections.abc import Iterator

from .resource import Resource
from .values import Node

TEMPLATES: dict[str, tuple[str, ...]] = {
    "core/Pod": (),
    "core/PodTemplate": ("template",),
    "core/ReplicationController": ("spec", "template"),
    "apps/ReplicaSet": ("spec", "template"),
    "apps/Deployment": ("spec", "template"),
    "apps/StatefulSet": ("spec", "template"),
    "apps/DaemonSet": ("spec", "template"),
    "batch/Job": ("spec", "template"),
    "batch/CronJob": ("spec", "jobTemplate", "spec", "template"),
}
"""Every workload kind, and where its pod's metadata and spec are."""
WORKLOADS = tuple(TEMPLATES)
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def pod(resource: Resource) -> Node:
    """The pod, or the template of pods, in a workload: what has ``metadata`` and ``spec``."""
    return resource.root.at(*TEMPLATES[resource.kind])


def pod_spec(resource: Resource) -> Node:
    """The pod's spec in a workload."""
    return pod(resource)["spec"]


def containers(spec: Node, *kinds: str) -> Iterator[Node]:
    """The containers of a pod's spec: of all three kinds, or of those named (``CONTAINERS``)."""
    for kind in kinds or CONTAINERS:
        # Nearly all pods have one of the three, and rules ask for all of them all the time.
        if not (isinstance(spec.value, dict) and spec.value.get(kind) is None):
            yield from spec[kind].items()
