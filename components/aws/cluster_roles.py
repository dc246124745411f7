"""What the control plane and the nodes may do in the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from .documents import trust
from .site import child

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .site import Site

AWS_POLICY = "arn:aws:iam::aws:policy/"
CONTROL_PLANE = "control-plane"
NODE = "node"
CONTROL_PLANE_POLICIES = (
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)
"""All that Auto Mode needs: without one of them it stops in the middle, and only an event says so
(EKS user guide, "Amazon EKS Auto Mode cluster IAM role")."""
NODE_POLICIES = ("AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodeMinimalPolicy")


class ClusterRoles(pulumi.ComponentResource):
    """A role for the control plane and one for nodes, with AWS' own policies and no others.

    Whoever uses a role should wait for this component: its policies come after the role.
    """

    control_plane_arn: pulumi.Output[str]
    node_arn: str
    node_name: str
    """Name of the nodes' role, which a NodeClass wants instead of the ARN."""

    def __init__(self, name: str, site: Site, opts: pulumi.ResourceOptions) -> None:
        super().__init__("researchflow:index:ClusterRoles", name, {}, opts)
        self._site = site
        # Auto Mode tags its sessions with the cluster, and its policies hold for that tag only.
        control_plane = trust("eks.amazonaws.com", "sts:TagSession")
        self.control_plane_arn = self._role(
            name, CONTROL_PLANE, control_plane, CONTROL_PLANE_POLICIES
        )
        self._role(name, NODE, trust("ec2.amazonaws.com"), NODE_POLICIES)
        self.node_arn = site.role(NODE)
        self.node_name = site.named(NODE)
        self.register_outputs({"controlPlaneArn": self.control_plane_arn, "nodeArn": self.node_arn})

    def _role(
        self, name: str, role: str, trusted: str, policies: Sequence[str]
    ) -> pulumi.Output[str]:
        made = aws.iam.Role(
            f"{name}-{role}",
            name=self._site.named(role),
            assume_role_policy=trusted,
            tags=self._site.tags(role),
            opts=child(self),
        )
        for policy in policies:
            aws.iam.RolePolicyAttachment(
                f"{name}-{role}-{policy}",
                role=made.name,
                policy_arn=f"{AWS_POLICY}{policy}",
                opts=child(self),
            )
        return made.arn
