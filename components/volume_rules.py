"""What must hold between the volumes of services and the cluster that is to hold them."""

from collections.abc import Iterator, Sequence

from .catalogue import setting_key
from .context import Environment
from .platforms.kubernetes.args import KubernetesArgs
from .spec import ServiceSpec
from .storage_classes import FILES, OURS


def share_our_files(specs: Sequence[ServiceSpec], cluster: KubernetesArgs) -> tuple[str, ...]:
    """Services with volumes that several nodes mount, in a file system that our stack is to make.

    Whether it has made one is known to that stack alone.
    """
    if cluster.infrastructure is None or cluster.class_of(shared=True) != FILES:
        return ()
    sharing = {setting_key(spec.name) for spec in specs if any(v.shared for v in spec.volumes)}
    return tuple(sorted(sharing))


def production_says_that_its_volumes_are_encrypted(
    specs: Sequence[ServiceSpec], cluster: KubernetesArgs | None, environment: Environment
) -> Iterator[tuple[str, str]]:
    """What a class that we did not make does is not known here, nor which one is the default."""
    if cluster is None or environment != "production":
        return
    wanted = {"storage_class": cluster.class_of(shared=False)}
    if any(volume.shared for spec in specs for volume in spec.volumes):
        wanted["shared_storage_class"] = cluster.class_of(shared=True)
    others = {key: name for key, name in wanted.items() if not _ours(name, cluster)}
    for key, name in others.items():
        if name is None:
            yield (
                f"target.{key}",
                "is not set; production names the class of its volumes, as the cluster's default "
                "may be another tomorrow: name one that encrypts (kubectl get storageclass)",
            )
    if others and not cluster.storage_encrypted:
        yield (
            "target.storage_encrypted",
            "is not true; production keeps what users send encrypted at rest: see that "
            f"{' and '.join(others)} encrypt (kubectl describe storageclass), and say so here",
        )


def _ours(name: str | None, cluster: KubernetesArgs) -> bool:
    return cluster.infrastructure is not None and name in OURS
