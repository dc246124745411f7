"""The EKS cluster, in Auto Mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import pulumi
import pulumi_aws as aws

from .access import access
from .cidr import SERVICES
from .kubeconfig import kubeconfig
from .site import child

if TYPE_CHECKING:
    from .args import ClusterArgs
    from .cluster_roles import ClusterRoles
    from .keys import Key
    from .network import Network
    from .site import Site

LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
"""All that a control plane can write down."""
TIMEOUTS = pulumi.CustomTimeouts(create="45m", update="90m", delete="45m")
"""A version upgrade replaces the control plane machine by machine."""


class Cluster(pulumi.ComponentResource):
    """A control plane that makes its own nodes, disks and load balancers.

    There is no pool of EKS's own: those have no limits. So nothing runs before ``Pools``.
    """

    name: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    """A secret, though it holds no credentials: it asks the AWS CLI for a token."""

    def __init__(  # noqa: PLR0913 all but three are keyword-only
        self,
        name: str,
        site: Site,
        args: ClusterArgs,
        *,
        network: Network,
        roles: ClusterRoles,
        key: Key,
        opts: pulumi.ResourceOptions,
    ) -> None:
        known = {
            "version": args.version,
            "publicCidrs": list(args.public_cidrs),
            "deletionProtection": site.production,
        }
        super().__init__("researchflow:index:Cluster", name, known, opts)
        # EKS makes the group itself otherwise, without an end to what it keeps and without a key.
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/eks/{site.name}/cluster",
            retention_in_days=args.log_days,
            kms_key_id=key.arn,
            tags=site.tags(name),
            opts=child(self),
        )
        made = aws.eks.Cluster(
            name,
            name=site.name,
            version=args.version,
            role_arn=roles.control_plane_arn,
            deletion_protection=site.production,
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
            ),
            vpc_config=_vpc_config(args, network),
            enabled_cluster_log_types=list(LOGS),
            encryption_config=aws.eks.ClusterEncryptionConfigArgs(
                provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=key.arn),
                resources=["secrets"],
            ),
            tags=site.tags(name),
            opts=pulumi.ResourceOptions.merge(
                child(self, logs, roles, network, protect=site.production),
                pulumi.ResourceOptions(custom_timeouts=TIMEOUTS),
            ),
            **auto_mode(),
        )
        access(name, args, made, roles, self)
        self.name = made.name
        # By way of the id it is unknown until there is a cluster, and never empty.
        group = made.vpc_config.cluster_security_group_id
        self.security_group_id = made.id.apply(lambda _: group)
        self.kubeconfig = kubeconfig(made, site.region)
        self.register_outputs({"name": self.name, "securityGroupId": self.security_group_id})


class AutoMode(TypedDict):
    """The arguments that only work together."""

    bootstrap_self_managed_addons: bool
    compute_config: aws.eks.ClusterComputeConfigArgs
    kubernetes_network_config: aws.eks.ClusterKubernetesNetworkConfigArgs
    storage_config: aws.eks.ClusterStorageConfigArgs


def auto_mode() -> AutoMode:
    """Three switches and the add-ons that they replace: EKS takes all four, or none.

    ``bootstrap_self_managed_addons`` cannot be changed later: another value replaces the cluster.
    """
    return AutoMode(
        bootstrap_self_managed_addons=False,
        compute_config=aws.eks.ClusterComputeConfigArgs(enabled=True),
        kubernetes_network_config=aws.eks.ClusterKubernetesNetworkConfigArgs(
            service_ipv4_cidr=str(SERVICES),
            elastic_load_balancing=aws.eks.ClusterKubernetesNetworkConfigElasticLoadBalancingArgs(
                enabled=True
            ),
        ),
        storage_config=aws.eks.ClusterStorageConfigArgs(
            block_storage=aws.eks.ClusterStorageConfigBlockStorageArgs(enabled=True)
        ),
    )


def _vpc_config(args: ClusterArgs, network: Network) -> aws.eks.ClusterVpcConfigArgs:
    return aws.eks.ClusterVpcConfigArgs(
        subnet_ids=network.private_subnet_ids,
        endpoint_private_access=True,
        endpoint_public_access=bool(args.public_cidrs),
        public_access_cidrs=list(args.public_cidrs) or None,
    )
