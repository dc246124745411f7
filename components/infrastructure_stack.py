"""What a stack of services takes from the stack that made its cluster."""

from collections.abc import Sequence
from typing import Any

import pulumi

from .platforms.kubernetes.args import KubernetesArgs
from .spec import ServiceSpec
from .storage_classes import FILES
from .volume_rules import share_our_files


def of_infrastructure(
    cluster: KubernetesArgs, environment: str, specs: Sequence[ServiceSpec]
) -> dict[str, pulumi.Output[str]]:
    """The secret ``kubeconfig``, where a stack of ours has made the cluster."""
    stack = cluster.infrastructure
    if stack is None:
        return {}
    reference = pulumi.StackReference(stack)
    outputs = [
        reference.require_output("environment"),
        reference.require_output("kubeconfig"),
        reference.get_output("sharedStorageClass"),
    ]
    sharing = share_our_files(specs, cluster)

    def checked(told: Sequence[Any]) -> str:
        its, kubeconfig, shared_class = told
        same_environment(stack, environment, its)
        holds_shared_volumes(stack, sharing, shared_class)
        return str(kubeconfig)

    found = pulumi.Output.all(*outputs).apply(checked)
    return {"kubeconfig": pulumi.Output.secret(found)}


def same_environment(stack: str, environment: str, its: str) -> None:
    """RunError where the cluster of ``stack`` is ``its`` environment's, and not this one."""
    if its != environment:
        raise pulumi.RunError(
            f"target.infrastructure is {stack}, a stack of {its}; this one is of {environment}"
        )


def holds_shared_volumes(stack: str, sharing: Sequence[str], its_class: str | None) -> None:
    """RunError where the cluster of ``stack`` lacks the class that services in ``sharing`` need.

    A claim that no class serves waits forever, and its pods with it.
    """
    if sharing and its_class != FILES:
        raise pulumi.RunError(
            f"several nodes mount the volumes of {', '.join(sharing)}, and the cluster of {stack} "
            "has only disks, which one node mounts: give that stack storage: {shared: true} "
            "(docs/aws.md), name another class in target.shared_storage_class, or go on with "
            "shared_models: false and replicas: 1"
        )
