"""Who spoke to whom in the VPC, and who was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from .documents import allow, document, trust
from .site import child

if TYPE_CHECKING:
    from .args import RetentionDays
    from .site import Site


class FlowLogs(pulumi.ComponentResource):
    """Every connection of a VPC, in an encrypted log group."""

    log_group: pulumi.Output[str]

    def __init__(  # noqa: PLR0913 all but three are keyword-only
        self,
        name: str,
        site: Site,
        vpc_id: pulumi.Input[str],
        *,
        days: RetentionDays,
        key_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("researchflow:index:FlowLogs", name, {"days": days}, opts)
        called = f"/aws/vpc/{site.name}/flow-logs"
        group = aws.cloudwatch.LogGroup(
            f"{name}-group",
            name=called,
            retention_in_days=days,
            kms_key_id=key_arn,
            tags=site.tags(name),
            opts=child(self),
        )
        role = aws.iam.Role(
            f"{name}-role",
            name=site.named(name),
            assume_role_policy=trust("vpc-flow-logs.amazonaws.com", account=site.account),
            tags=site.tags(name),
            opts=child(self),
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=document(
                allow(
                    "Write",
                    ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    [f"arn:aws:logs:{site.region}:{site.account}:log-group:{called}:*"],
                )
            ),
            opts=child(self),
        )
        aws.ec2.FlowLog(
            name,
            vpc_id=vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags=site.tags(name),
            opts=child(self, policy),
        )
        self.log_group = group.name
        self.register_outputs({"logGroup": self.log_group})
