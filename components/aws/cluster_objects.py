"""What a cluster has to hold before the services can come: pools, a storage class, one switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as k8s

from ..storage_classes import DISKS
from .node_pools import NodeSite, node_class, node_pool
from .site import child

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .args import PoolArgs
    from .site import Site

NETWORK_POLICIES = {"enable-network-policy-controller": "true"}
# Nodes leave one by one, each after its pods had a day at most; this is for pools that are idle.
DELETE = pulumi.CustomTimeouts(delete="30m")


def labels(site: Site) -> dict[str, str]:
    """Labels of every object, as the services have them."""
    return {
        "app.kubernetes.io/part-of": "researchflow-ai",
        "app.kubernetes.io/managed-by": "pulumi",
        "researchflow.ai/environment": site.environment,
    }


class Pools(pulumi.ComponentResource):
    """A NodePool and its NodeClass for each pool. Nodes come only when pods wait."""

    names: list[str]

    def __init__(
        self,
        name: str,
        site: Site,
        pools: Mapping[str, PoolArgs],
        *,
        nodes: NodeSite,
        opts: pulumi.ResourceOptions,
    ) -> None:
        known = {pool: {"gpus": args.gpus or 0} for pool, args in pools.items()}
        super().__init__("researchflow:index:Pools", name, {"pools": known}, opts)
        for pool, args in pools.items():
            found = self._object(
                f"{name}-{pool}-class", node_class(pool, args, nodes, labels(site))
            )
            # The class is deleted after its pool, when no node of it is left.
            self._object(f"{name}-{pool}", node_pool(pool, args, labels(site)), found)
        self.names = sorted(pools)
        self.register_outputs({"names": self.names})

    def _object(
        self, name: str, body: dict[str, Any], *after: pulumi.Resource
    ) -> k8s.apiextensions.CustomResource:
        return k8s.apiextensions.CustomResource(
            name,
            api_version=body["apiVersion"],
            kind=body["kind"],
            metadata=body["metadata"],
            spec=body["spec"],
            opts=pulumi.ResourceOptions.merge(
                child(self, *after), pulumi.ResourceOptions(custom_timeouts=DELETE)
            ),
        )


class ClusterStorage(pulumi.ComponentResource):
    """The class that volumes get: encrypted disks that outlive their claims."""

    storage_class: str

    def __init__(
        self, name: str, site: Site, key_arn: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__("researchflow:index:ClusterStorage", name, {"encrypted": True}, opts)
        self.storage_class = DISKS
        k8s.storage.v1.StorageClass(
            f"{name}-class",
            metadata={
                "name": DISKS,
                "labels": labels(site),
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            },
            # Auto Mode's own driver; the one of the EBS add-on has another name.
            provisioner="ebs.csi.eks.amazonaws.com",
            parameters={"type": "gp3", "encrypted": "true", "kmsKeyId": key_arn},
            reclaim_policy="Retain",
            allow_volume_expansion=True,
            # A disk is in one zone: the pod decides in which.
            volume_binding_mode="WaitForFirstConsumer",
            opts=child(self),
        )
        self.register_outputs({"storageClass": self.storage_class})


class NetworkPolicies(pulumi.ComponentResource):
    """Switches the enforcement of NetworkPolicies on; without it they are kept, and do nothing."""

    config_map: str

    def __init__(self, name: str, site: Site, opts: pulumi.ResourceOptions) -> None:
        super().__init__("researchflow:index:NetworkPolicies", name, {"enforced": True}, opts)
        self.config_map = "amazon-vpc-cni"
        k8s.core.v1.ConfigMap(
            f"{name}-switch",
            metadata={
                "name": self.config_map,
                "namespace": "kube-system",
                "labels": labels(site),
            },
            data=NETWORK_POLICIES,
            opts=child(self),
        )
        self.register_outputs({"configMap": self.config_map})
