"""The infrastructure of one environment, from its settings to resources and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from ..budget.component import Estimated
from ..keda import Keda
from ..platforms.kubernetes.args import KubernetesArgs
from ..platforms.kubernetes.platform import kubernetes_provider
from .buckets import Bucket
from .cidr import DNS
from .cluster import Cluster
from .cluster_objects import ClusterStorage, NetworkPolicies, Pools
from .cluster_roles import ClusterRoles
from .documents import use_key, use_key_for_budgets, use_key_for_disks, use_key_for_logs
from .flow_logs import FlowLogs
from .keys import Key
from .network import Network
from .node_pools import NodeSite
from .pod_roles import PodIdentities, PodRole, backing_up, reading
from .price import monthly
from .repositories import Repositories
from .shared_storage import shared_storage
from .site import Site, aws_provider
from .spend import SpendAlarm

if TYPE_CHECKING:
    from infrastructure import Infrastructure

MODEL_DAYS = 30
"""Days for which a model that was overwritten can be had back."""


def build(settings: Infrastructure) -> None:
    """Register everything, in the order in which it comes to be; destroying goes backwards."""
    site = Site(
        name=settings.full_name,
        environment=settings.environment,
        account=settings.account,
        region=settings.region,
    )
    aws = pulumi.ResourceOptions(providers=[aws_provider(site, dict(settings.tags))])
    pulumi.export("environment", settings.environment)
    cluster = _cluster(settings, site, aws)
    _data(settings, site, cluster, aws)
    Estimated("budget", monthly(settings), settings.spend.monthly if settings.spend else None)


def _cluster(settings: Infrastructure, site: Site, aws: pulumi.ResourceOptions) -> Cluster:
    """The network, the cluster in it, and what is in the cluster."""
    roles = ClusterRoles("cluster-roles", site, aws)
    key = Key(
        "cluster-key",
        site,
        "secrets, logs, disks and shared files of the cluster",
        [*use_key_for_disks(site.role("control-plane")), use_key_for_logs(site)],
        after(aws, roles),
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
    pulumi.export("cluster", cluster.name)
    pulumi.export("kubeconfig", cluster.kubeconfig)
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
    pools = Pools("pools", site, settings.pools, nodes=nodes, opts=kubernetes)
    storage = ClusterStorage("storage", site, key.arn, kubernetes)
    NetworkPolicies("network-policies", site, kubernetes)
    pulumi.export("storageClass", storage.storage_class)
    pulumi.export("dnsCidr", f"{DNS}/32")
    if settings.storage.shared:
        shared_class = shared_storage(
            site,
            network=network,
            cluster=cluster,
            pools=pools,
            key=key,
            aws_opts=aws,
            kubernetes_opts=kubernetes,
        )
        pulumi.export("sharedStorageClass", shared_class)
    if settings.cluster.keda:
        # Its pods need a node, and its kinds have to be there until the last stack is gone.
        Keda("keda", after=[pools], opts=kubernetes)
    return cluster


def _data(
    settings: Infrastructure, site: Site, cluster: Cluster, aws: pulumi.ResourceOptions
) -> None:
    """Buckets and repositories, their key, the pods that may use them, and what they may cost."""
    backup_role = PodRole("pod-backups", site, backing_up(site.bucket("backups")), aws)
    model_role = PodRole("pod-models", site, reading(site.bucket("models")), aws)
    data_key = Key(
        "data-key",
        site,
        "backups, models and images",
        [use_key("Pods", roles=[backup_role.arn, model_role.arn]), use_key_for_budgets(site)],
        after(aws, backup_role, model_role),
    )
    backups = Bucket(
        "backups",
        site,
        key_arn=data_key.arn,
        keep_days=settings.backups.keep_days,
        lock=settings.backups,
        opts=aws,
    )
    models = Bucket("models", site, key_arn=data_key.arn, keep_days=MODEL_DAYS, opts=aws)
    identities = PodIdentities(
        "pod-identities",
        cluster.name,
        settings.identity.namespace,
        [(backup_role, settings.identity.backups), (model_role, settings.identity.models)],
        aws,
    )
    images = Repositories("images", site, settings.repositories, key_arn=data_key.arn, opts=aws)
    if settings.spend:
        SpendAlarm("spend", site, settings.spend, data_key.arn, aws)
    pulumi.export("buckets", {"backups": backups.called, "models": models.called})
    pulumi.export("roles", identities.service_accounts)
    pulumi.export("repositories", images.urls)


def after(opts: pulumi.ResourceOptions, *found: pulumi.Resource) -> pulumi.ResourceOptions:
    """``opts`` of what waits for ``found``."""
    waiting = pulumi.ResourceOptions(depends_on=list(found))
    return pulumi.ResourceOptions.merge(opts, waiting)
