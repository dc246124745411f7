"""What must hold between the volumes of services and the cluster that is to hold them."""

from collections.abc import Iterator, Sequence

from .catalogue import setting_key
from .platforms.kubernetes.args import KubernetesArgs
from .spec import ServiceSpec


def shared_volumes_have_a_class(
    specs: Sequence[ServiceSpec], cluster: KubernetesArgs | None
) -> Iterator[tuple[str, str]]:
    """A claim that its class cannot serve waits forever, and its pods with it.

    Our infrastructure makes disks only, and no disk of EBS is mounted by two nodes. What the
    default class of another cluster can do is not known here.
    """
    if cluster is None or cluster.infrastructure is None or cluster.shared_storage_class:
        return
    sharing = {setting_key(spec.name) for spec in specs if any(v.shared for v in spec.volumes)}
    if sharing:
        yield (
            "target.shared_storage_class",
            f"is not set, but several nodes mount the volumes of {', '.join(sorted(sharing))}, and "
            f"the cluster of {cluster.infrastructure} has only disks, which one node mounts; make "
            "a class that offers ReadWriteMany (docs/aws.md) and name it, or set shared_models: "
            "false and replicas: 1",
        )
