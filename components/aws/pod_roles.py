"""What pods may do in the account, each by the service account it runs as (EKS Pod Identity).

No pod has the node's credentials: the metadata service is one hop too far away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from .documents import allow, document, trust
from .site import child

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .documents import Statement
    from .site import Site

SERVICE = "pods.eks.amazonaws.com"
MODELS = "models"


def reading(bucket: str) -> tuple[Statement, ...]:
    """List and read what is in ``bucket``."""
    arn = f"arn:aws:s3:::{bucket}"
    return (
        allow("List", ["s3:GetBucketLocation", "s3:ListBucket"], [arn]),
        allow("Read", ["s3:GetObject"], [f"{arn}/*"]),
    )


def backing_up(bucket: str) -> tuple[Statement, ...]:
    """Write, read and prune backups. Old versions stay, and locked objects too."""
    actions = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"]
    locking = ["s3:GetObjectRetention", "s3:PutObjectRetention"]
    return (
        *reading(bucket),
        allow("Write", [*actions, *locking], [f"arn:aws:s3:::{bucket}/*"]),
    )


class PodRole(pulumi.ComponentResource):
    """A role that pods of this account's clusters may take, and what it may do."""

    arn: str
    """Known before the role is made, for the policies that name it."""

    def __init__(
        self,
        name: str,
        site: Site,
        statements: Sequence[Statement],
        opts: pulumi.ResourceOptions,
    ) -> None:
        known = {"actions": sorted(a for each in statements for a in each["Action"])}
        super().__init__("researchflow:index:PodRole", name, known, opts)
        self.arn = site.role(name)
        role = aws.iam.Role(
            name,
            name=site.named(name),
            assume_role_policy=trust(SERVICE, "sts:TagSession", account=site.account),
            tags=site.tags(name),
            opts=child(self),
        )
        # An ARN that AWS makes up may be among their resources.
        policy = pulumi.Output.all(*statements).apply(lambda known: document(*known))
        aws.iam.RolePolicy(f"{name}-policy", role=role.name, policy=policy, opts=child(self))
        self.register_outputs({"arn": self.arn})


class PodIdentities(pulumi.ComponentResource):
    """Which service account of the services' namespace gets which role."""

    service_accounts: dict[str, str]
    """The role's ARN by service account."""

    def __init__(
        self,
        name: str,
        cluster: pulumi.Input[str],
        namespace: str,
        roles: Sequence[tuple[PodRole, Sequence[str]]],
        opts: pulumi.ResourceOptions,
    ) -> None:
        self.service_accounts = {each: role.arn for role, accounts in roles for each in accounts}
        known = {"namespace": namespace, "serviceAccounts": sorted(self.service_accounts)}
        super().__init__("researchflow:index:PodIdentities", name, known, opts)
        for role, accounts in roles:
            for account in accounts:
                aws.eks.PodIdentityAssociation(
                    f"{name}-{account}",
                    cluster_name=cluster,
                    namespace=namespace,
                    service_account=account,
                    role_arn=role.arn,
                    opts=child(self, role),
                )
        self.register_outputs({"serviceAccounts": self.service_accounts})
