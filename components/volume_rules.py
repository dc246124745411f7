"""What must hold between the volumes of services and the cluster that is to hold them."""

from collections.abc import Iterator, Sequence

from .catalogue import setting_key
from .context import Environment
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


def production_says_that_its_volumes_are_encrypted(
    specs: Sequence[ServiceSpec], cluster: KubernetesArgs | None, environment: Environment
) -> Iterator[tuple[str, str]]:
    """What the classes of somebody else's cluster do is not known here.

    Nor is which one is its default tomorrow. That of our infrastructure encrypts.
    """
    if cluster is None or cluster.infrastructure or environment != "production":
        return
    shared = {volume.shared for spec in specs for volume in spec.volumes}
    named = {"storage_class": cluster.storage_class}
    if True in shared:
        named["shared_storage_class"] = cluster.shared_storage_class
    for key, name in named.items():
        if name is None:
            yield (
                f"target.{key}",
                "is not set; production names the class of its volumes, as the cluster's default "
                "may be another tomorrow: name one that encrypts (kubectl get storageclass)",
            )
    if not cluster.storage_encrypted:
        yield (
            "target.storage_encrypted",
            f"is not true; production keeps what users send encrypted at rest: see that "
            f"{' and '.join(named)} encrypt (kubectl describe storageclass), and say so here",
        )
