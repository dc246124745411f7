"""KMS keys of the account's own: they can be taken away from a reader, and their use is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from .documents import key_policy
from .site import child

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .documents import Statement
    from .site import Site

DELETION_DAYS = 30
"""Time to notice that a key is to be deleted: with it goes all that it has encrypted."""


class Key(pulumi.ComponentResource):
    """A key that rotates every year, under a name that can be read."""

    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        site: Site,
        purpose: str,
        statements: Sequence[Statement],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("researchflow:index:Key", name, {"purpose": purpose}, opts)
        key = aws.kms.Key(
            name,
            description=f"{site.name}: {purpose}",
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            policy=key_policy(site, statements),
            tags=site.tags(name),
            opts=child(self, protect=site.production),
        )
        aws.kms.Alias(
            f"{name}-alias",
            name=f"alias/{site.named(name)}",
            target_key_id=key.key_id,
            opts=child(self),
        )
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})
