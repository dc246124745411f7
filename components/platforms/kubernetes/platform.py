"""Kubernetes as a platform for services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes

from ...audience import ImagesArgs
from ...capacity import CapacityArgs
from .cluster import Cluster
from .files import live_manifests
from .manifests import manifests
from .namespace import foundation
from .refresh import refreshing
from .register import register

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ...audience import ClientArgs
    from ...context import GpuArgs
    from ...spec import ServiceSpec
    from ...spec.network import Edge
    from .args import KubernetesArgs
    from .manifest import Manifest


def kubernetes_provider(
    args: KubernetesArgs,
    kubeconfig: pulumi.Input[str],
    opts: pulumi.ResourceOptions | None = None,
) -> pulumi_kubernetes.Provider:
    """The connection to the cluster, for ``opts`` of the platform.

    ConfigMaps and Secrets are changed in place: their names are explicit, and replacing an object
    under its own name fails. The kubeconfig is a secret, as the engine's JSON would show it.
    """
    return pulumi_kubernetes.Provider(
        "kubernetes",
        kubeconfig=pulumi.Output.secret(kubeconfig),
        context=args.context,
        enable_server_side_apply=True,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        opts=opts,
    )


class KubernetesPlatform(pulumi.ComponentResource):
    """Two namespaces that are closed by default, and services in them.

    Give it a provider by ``opts`` (``providers=[kubernetes_provider(…)]``): its services use the
    same one. Inputs are plain values that policies may read; secrets are never among them.
    """

    namespace: pulumi.Output[str]
    """Where services live."""
    node_namespace: pulumi.Output[str]
    """Where agents live that must see the host."""

    def __init__(  # noqa: PLR0913 each is a section of the stack file, and keyword-only
        self,
        name: str,
        args: KubernetesArgs,
        *,
        capacity: CapacityArgs | None = None,
        environment: str = "production",
        secrets: Mapping[str, pulumi.Output[str]] | None = None,
        clients: tuple[ClientArgs, ...] = (),
        images: ImagesArgs | None = None,
        gpu: GpuArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self._cluster = Cluster(
            args=args,
            capacity=capacity or CapacityArgs(),
            environment=environment,
            clients=clients,
            images=images or ImagesArgs(),
            gpu=gpu,
        )
        super().__init__(
            "researchflow:index:KubernetesPlatform", name, component_inputs(self._cluster), opts
        )
        self._secrets = dict(secrets or {})
        self._provider = self.get_provider("kubernetes:core/v1:Namespace")
        kubeconfig = self._secrets.get("kubeconfig")
        self._refreshing = refreshing(kubeconfig, args.context) if kubeconfig else None
        self._foundation = register(
            foundation(self._cluster),
            parent=self,
            secrets=self._secrets,
            provider=self._provider,
        )
        self.namespace = pulumi.Output.from_input(self._cluster.namespace)
        self.node_namespace = pulumi.Output.from_input(self._cluster.node_namespace)
        self.register_outputs({"namespace": self.namespace, "nodeNamespace": self.node_namespace})

    def deliver(self, spec: ServiceSpec, parent: pulumi.Resource) -> Sequence[pulumi.Resource]:
        """The ConfigMaps that the server of ``spec`` watches, as children of ``parent``."""
        return self._register(live_manifests(spec, self._cluster), parent, hooks=self._refreshing)

    def realise(
        self,
        spec: ServiceSpec,
        callers: tuple[Edge, ...],
        parent: pulumi.Resource,
        *,
        delivered: Sequence[pulumi.Resource] = (),
    ) -> None:
        """Register what ``spec`` needs as children of ``parent``; nothing before the namespaces.

        ValueError when ``spec`` contradicts itself or the cluster.
        """
        self._register(manifests(spec, callers, self._cluster), parent, delivered)

    def _register(
        self,
        found: Iterable[Manifest],
        parent: pulumi.Resource,
        after: Sequence[pulumi.Resource] = (),
        hooks: pulumi.ResourceHookBinding | None = None,
    ) -> list[pulumi.Resource]:
        return register(
            found,
            parent=parent,
            secrets=self._secrets,
            after=[*self._foundation, *after],
            provider=self._provider,
            hooks=hooks,
        )


def component_inputs(cluster: Cluster) -> dict[str, Any]:
    """The facts that policies judge the platform by."""
    return {
        "environment": cluster.environment,
        "namespace": cluster.namespace,
        "nodeNamespace": cluster.node_namespace,
        "closedNamespaces": closed(foundation(cluster)),
        "exposure": cluster.args.exposure,
        "clients": [client.name for client in cluster.clients],
        "cpus": cluster.capacity.cpus,
        "memoryGibibytes": cluster.capacity.memory,
        "diskGibibytes": cluster.capacity.disk,
        "gpus": cluster.gpu.gpus if cluster.gpu else 0,
    }


def closed(made: Iterable[Manifest]) -> list[str]:
    """The namespaces in which a NetworkPolicy selects every pod, and allows nothing."""
    return sorted(
        manifest.body["metadata"]["namespace"]
        for manifest in made
        if manifest.body["kind"] == "NetworkPolicy"
        and manifest.body["spec"]["podSelector"] == {}
        and set(manifest.body["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        and not manifest.body["spec"].get("ingress")
        and not manifest.body["spec"].get("egress")
    )
