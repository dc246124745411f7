"""Makes kubelets deliver a changed ConfigMap at once.

A kubelet looks at mounted ConfigMaps once a minute, and whenever something about the pod changes:
an annotation is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import yaml

from .files import WEIGHTS_MANAGER
from .naming import INSTANCE, short_hash

if TYPE_CHECKING:
    from lightkube import Client

ANNOTATION = "rf/routes"
NAME = "researchflow-refresh"


def connect(kubeconfig: str, context: str | None) -> Client:
    """A client for the cluster of ``context`` (or the current one) of a kubeconfig's text."""
    # A third of a second to import, which only a deployment that changes a live file spends.
    from lightkube import Client, KubeConfig

    return Client(KubeConfig.from_dict(yaml.safe_load(kubeconfig)).get(context))


def refresh(client: Client, namespace: str, instance: str, stamp: str) -> int:
    """Annotate the pods of ``instance`` with ``stamp``, and say how many there are."""
    from lightkube.resources.core_v1 import Pod

    change = {"metadata": {"annotations": {ANNOTATION: stamp}}}
    names = [
        pod.metadata.name
        for pod in client.list(Pod, namespace=namespace, labels={INSTANCE: instance})
        if pod.metadata and pod.metadata.name
    ]
    for name in names:
        client.patch(Pod, name, change, namespace=namespace, field_manager=WEIGHTS_MANAGER)
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
