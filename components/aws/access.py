"""Who may use the API of a cluster: an entry each, in the plan and in CloudTrail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_aws as aws

from .site import child

if TYPE_CHECKING:
    import pulumi

    from .args import ClusterArgs
    from .cluster_roles import ClusterRoles

ACCESS_POLICY = "arn:aws:eks::aws:cluster-access-policy/"


def access(
    name: str,
    args: ClusterArgs,
    cluster: aws.eks.Cluster,
    roles: ClusterRoles,
    parent: pulumi.Resource,
) -> None:
    """Entries for nodes, administrators and readers, as children of ``parent``."""
    # EKS makes the nodes' entry itself only for pools of its own.
    _entry(f"{name}-nodes", cluster, roles.node_arn, "AmazonEKSAutoNodePolicy", parent, kind="EC2")
    for role in args.administrators:
        _entry(f"{name}-{short(role)}", cluster, role, "AmazonEKSClusterAdminPolicy", parent)
    for role in args.readers:
        _entry(f"{name}-{short(role)}", cluster, role, "AmazonEKSViewPolicy", parent)


def short(role: str) -> str:
    """The name in the ARN of a role, with its path."""
    return role.partition(":role/")[2].replace("/", "-")


def _entry(  # noqa: PLR0913, PLR0917 each is one word of an entry
    name: str,
    cluster: aws.eks.Cluster,
    principal: pulumi.Input[str],
    policy: str,
    parent: pulumi.Resource,
    kind: str = "STANDARD",
) -> None:
    entry = aws.eks.AccessEntry(
        f"{name}-entry",
        cluster_name=cluster.name,
        principal_arn=principal,
        type=kind,
        opts=child(parent),
    )
    aws.eks.AccessPolicyAssociation(
        f"{name}-policy",
        cluster_name=cluster.name,
        principal_arn=principal,
        policy_arn=f"{ACCESS_POLICY}{policy}",
        access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
        opts=child(parent, entry),
    )
