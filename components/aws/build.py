"""The infrastructure of one environment, from its settings to resources and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from ..platforms.kubernetes.args import KubernetesArgs
from ..platforms.kubernetes.platform import kubernetes_provider
from .cidr import DNS
from .cluster import Cluster
from .cluster_objects import ClusterStorage, NetworkPolicies, Pools
from .cluster_roles import ClusterRoles
from .documents import use_key_for_disks, use_key_for_logs
from .flow_logs import FlowLogs
from .keys import Key
from .network import Network
from .node_pools import NodeSite
from .site import Site, aws_provider

if TYPE_CHECKING:
    from infrastructure import Infrastructure


def build(settings: Infrastructure) -> None:
    """Register everything, in the order in which it comes to be; destroying goes backwards."""
    site = Site(
        name=settings.full_name,
        environment=settings.environment,
        account=settings.account,
        region=settings.region,
    )
    aws = pulumi.ResourceOptions(providers=[aws_provider(site, dict(settings.tags))])

    roles = ClusterRoles("cluster-roles", site, aws)
    key = Key(
        "cluster-key",
        site,
        "secrets, logs and disks of the cluster",
        [*use_key_for_disks(site.role("control-plane")), use_key_for_logs(site)],
        pulumi.ResourceOptions.merge(aws, pulumi.ResourceOptions(depends_on=[roles])),
    )
    network = Network("network", site, settings.network, aws)
    FlowLogs(
        "flow-logs",
        site,
        network.vpc_id,
        days=settings.network.flow_log_days,
        key_arn=key.arn,
        opts=aws,
    )
    cluster = Cluster(
        "cluster", site, settings.cluster, network=network, roles=roles, key=key, opts=aws
    )

    kubernetes = pulumi.ResourceOptions(
        providers=[
            kubernetes_provider(
                KubernetesArgs(),
                cluster.kubeconfig,
                pulumi.ResourceOptions(depends_on=[cluster]),
            )
        ]
    )
    nodes = NodeSite(
        role=roles.node_name,
        subnets=network.private_subnet_ids,
        security_group=cluster.security_group_id,
        key=key.arn,
    )
    Pools("pools", site, settings.pools, nodes=nodes, opts=kubernetes)
    storage = ClusterStorage("storage", site, key.arn, kubernetes)
    NetworkPolicies("network-policies", site, kubernetes)

    pulumi.export("environment", settings.environment)
    pulumi.export("cluster", cluster.name)
    pulumi.export("kubeconfig", cluster.kubeconfig)
    pulumi.export("storageClass", storage.storage_class)
    pulumi.export("dnsCidr", f"{DNS}/32")
