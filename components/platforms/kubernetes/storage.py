"""Volumes as claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .manifest import Manifest
from .naming import metadata
from .quantity import memory

if TYPE_CHECKING:
    from ...spec import ServiceSpec
    from ...spec.mounts import Volume
    from .cluster import Cluster
    from .manifest import Body

# Many storage classes bind a claim only when a pod wants it, and the pod comes after the claim.
NO_AWAIT = {"pulumi.com/skipAwait": "true"}


def claim(spec: ServiceSpec, volume: Volume, cluster: Cluster) -> Manifest:
    """The PersistentVolumeClaim of ``volume``."""
    return Manifest(
        suffix=f"volume-{volume.name}",
        # A claim cannot change its class or mode: the engine would replace it and lose its data.
        protect=cluster.environment == "production",
        body={
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": metadata(
                spec, cluster, f"{spec.instance}-{volume.name}", annotations=NO_AWAIT
            ),
            "spec": claim_spec(volume.size, cluster, shared=volume.shared),
        },
    )


def claim_spec(size: float, cluster: Cluster, *, shared: bool = False) -> Body:
    """What is asked of the storage: ``size`` GiB for one node, or for several at once."""
    storage_class = cluster.args.class_of(shared=shared)
    return {
        "accessModes": ["ReadWriteMany" if shared else "ReadWriteOnce"],
        "resources": {"requests": {"storage": memory(size)}},
        **({"storageClassName": storage_class} if storage_class else {}),
    }
