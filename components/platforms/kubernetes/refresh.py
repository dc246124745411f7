"""Makes kubelets deliver a changed ConfigMap at once.

A kubelet looks at mounted ConfigMaps once a minute, and whenever something about the pod changes:
an annotation is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from .files import WEIGHTS_MANAGER
from .naming import INSTANCE, short_hash

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

ANNOTATION = "rf/routes"
NAME = "researchflow-refresh"


def connect(kubeconfig: str, context: str | None) -> ApiClient:
    """A client for the cluster of ``context`` (or the current one) of a kubeconfig's text."""
    # Most of a second to import, which only a deployment that changes a live file spends.
    from .client import client

    return client(kubeconfig, context)


def refresh(client: ApiClient, namespace: str, instance: str, stamp: str) -> int:
    """Annotate the pods of ``instance`` with ``stamp``, and say how many there are."""
    from kubernetes.client import CoreV1Api

    core = CoreV1Api(client)
    change = {"metadata": {"annotations": {ANNOTATION: stamp}}}
    pods = core.list_namespaced_pod(namespace, label_selector=f"{INSTANCE}={instance}").items
    names = [pod.metadata.name for pod in pods if pod.metadata and pod.metadata.name]
    for name in names:
        core.patch_namespaced_pod(name, namespace, change, field_manager=WEIGHTS_MANAGER)
    return len(names)


def stamp(data: dict[str, str]) -> str:
    """What the pods are annotated with: it changes with the files and with nothing else."""
    return short_hash(data)


def refreshing(kubeconfig: pulumi.Input[str], context: str | None) -> pulumi.ResourceHookBinding:
    """After a ConfigMap of live files was created or changed, refreshes the pods that mount it.

    What goes wrong becomes a warning: the kubelet delivers the files a minute later by itself.
    """
    known: list[str] = []
    pulumi.Output.from_input(kubeconfig).apply(known.append)

    def after(args: pulumi.ResourceHookArgs) -> None:
        inputs: dict[str, Any] = dict(args.new_inputs or {})
        described = inputs["metadata"]
        client = connect(known[0], context)
        refresh(
            client,
            described["namespace"],
            described["labels"][INSTANCE],
            stamp(dict(inputs["data"])),
        )

    options = pulumi.ResourceHookOptions(ignore_errors=True)
    hook = pulumi.ResourceHook(NAME, after, options)
    return pulumi.ResourceHookBinding(after_create=[hook], after_update=[hook])
