"""An alarm on the account's bill: what it says is hours old, and holds for all that runs there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from .documents import allow, document
from .site import child

if TYPE_CHECKING:
    from .args import SpendArgs
    from .site import Site

ACTUAL = (80.0, 100.0)
"""Per cent of the budget that have been spent."""
FORECAST = 100.0
"""Per cent of the budget that AWS expects the month to come to."""


class SpendAlarm(pulumi.ComponentResource):
    """A budget for the account, and a topic that hears when it runs out or is going to."""

    topic_arn: str

    def __init__(
        self,
        name: str,
        site: Site,
        args: SpendArgs,
        key_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("researchflow:index:SpendAlarm", name, {"monthlyUsd": args.monthly}, opts)
        called = site.named(name)
        self.topic_arn = f"arn:aws:sns:{site.region}:{site.account}:{called}"
        topic = aws.sns.Topic(
            f"{name}-topic",
            name=called,
            kms_master_key_id=key_arn,
            tags=site.tags(name),
            opts=child(self),
        )
        policy = aws.sns.TopicPolicy(
            f"{name}-topic-policy",
            arn=topic.arn,
            policy=document(
                allow(
                    "Budgets",
                    ["sns:Publish"],
                    [self.topic_arn],
                    principal={"Service": "budgets.amazonaws.com"},
                    conditions={"StringEquals": {"aws:SourceAccount": site.account}},
                )
            ),
            opts=child(self),
        )
        for email in args.emails:
            aws.sns.TopicSubscription(
                f"{name}-{email}",
                topic=topic.arn,
                protocol="email",
                endpoint=email,
                opts=child(self),
            )
        alarms = [("ACTUAL", per_cent) for per_cent in ACTUAL] + [("FORECASTED", FORECAST)]
        aws.budgets.Budget(
            name,
            name=called,
            account_id=site.account,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=f"{args.monthly:.2f}",
            limit_unit="USD",
            notifications=[
                aws.budgets.BudgetNotificationArgs(
                    comparison_operator="GREATER_THAN",
                    notification_type=kind,
                    threshold=per_cent,
                    threshold_type="PERCENTAGE",
                    subscriber_sns_topic_arns=[self.topic_arn],
                )
                for kind, per_cent in alarms
            ],
            opts=child(self, policy),
        )
        self.register_outputs({"topicArn": self.topic_arn})
