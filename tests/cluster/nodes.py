"""The simulated machines: one for ordinary pods, two with GPUs, each in a zone of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .control_plane.commands import SIMULATED

if TYPE_CHECKING:
    from components.platforms.kubernetes.args import KubernetesArgs
    from components.platforms.kubernetes.manifest import Body

GPU = "nvidia.com/gpu"
POOL = "researchflow.ai/pool"
CPU_POOL = "cpu"
GPU_NODES = 2


def storage_classes(target: KubernetesArgs) -> tuple[Body, ...]:
    """The cluster's default class, and those that the stack names."""
    named = [name for name in (target.storage_class, target.shared_storage_class) if name]
    return (storage_class("simulated", default="true"), *map(storage_class, named))


def storage_class(name: str, default: str = "false") -> Body:
    """One whose volumes are made by the stages."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": name,
            "annotations": {"storageclass.kubernetes.io/is-default-class": default},
        },
        "provisioner": SIMULATED,
        "reclaimPolicy": "Delete",
        # As cloud disks do: the volume is made where the pod goes.
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def nodes(pool: str, gpus: int) -> tuple[Body, ...]:
    """A node for ordinary pods, and ``gpus`` GPUs of ``pool`` on two others."""
    each, rest = divmod(gpus, GPU_NODES)
    if rest:
        raise ValueError(f"{gpus} GPUs do not spread evenly over {GPU_NODES} nodes")
    return (
        node("cpu-0", zone="a", pool=CPU_POOL),
        node("gpu-0", zone="b", pool=pool, gpus=each),
        node("gpu-1", zone="c", pool=pool, gpus=each),
    )


def node(name: str, *, zone: str, pool: str, gpus: int = 0) -> Body:
    """A node of 16 CPUs and 64 GiB, tainted like those of a GPU pool where it has ``gpus``."""
    room = {"cpu": "16", "memory": "64Gi", "ephemeral-storage": "200Gi", "pods": "110"}
    taints = [{"key": GPU, "value": "true", "effect": "NoSchedule"}]
    if gpus:
        room[GPU] = str(gpus)
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {SIMULATED: "fake"},
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/os": "linux",
                "topology.kubernetes.io/region": "simulated",
                "topology.kubernetes.io/zone": zone,
                POOL: pool,
            },
        },
        "spec": {"taints": taints} if gpus else {},
        "status": {"allocatable": room, "capacity": room},
    }
