"""A security group that lets one port in, from one kind of peer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_aws as aws

from .site import child

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from .site import Site


def one_port(  # noqa: PLR0913 all but two are keyword-only
    name: str,
    site: Site,
    *,
    vpc_id: pulumi.Input[str],
    port: int,
    who: str,
    what: str,
    parent: pulumi.Resource,
    groups: Sequence[pulumi.Input[str]] | None = None,
    cidrs: Sequence[pulumi.Input[str]] | None = None,
) -> aws.ec2.SecurityGroup:
    """TCP to ``port`` from ``groups`` or ``cidrs``; ``who`` comes to ``what``, in words."""
    return aws.ec2.SecurityGroup(
        name,
        description=f"{who} to {what}",
        vpc_id=vpc_id,
        ingress=[
            aws.ec2.SecurityGroupIngressArgs(
                description=who,
                protocol="tcp",
                from_port=port,
                to_port=port,
                security_groups=groups,
                cidr_blocks=cidrs,
            )
        ],
        tags=site.tags(name),
        opts=child(parent),
    )
