"""Ways to AWS's own services that do not leave the VPC: images and models are most of the bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_aws as aws

from .cidr import INTERFACES
from .security_group import one_port
from .site import child

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from .args import NetworkArgs
    from .site import Site

HTTPS = 443


def endpoints(  # noqa: PLR0913, PLR0917 each is something of the network's
    name: str,
    site: Site,
    args: NetworkArgs,
    vpc: aws.ec2.Vpc,
    subnets: Sequence[aws.ec2.Subnet],
    tables: Sequence[aws.ec2.RouteTable],
    parent: pulumi.Resource,
) -> None:
    """S3 by the route tables, for nothing, and ECR by interfaces, as children of ``parent``."""
    aws.ec2.VpcEndpoint(
        f"{name}-s3",
        vpc_id=vpc.id,
        service_name=f"com.amazonaws.{site.region}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=[table.id for table in tables],
        tags=site.tags(f"{name}-s3"),
        opts=child(parent),
    )
    group = one_port(
        f"{name}-endpoints",
        site,
        vpc_id=vpc.id,
        port=HTTPS,
        who="HTTPS from the VPC",
        what="the interfaces of AWS services",
        cidrs=[args.cidr],
        parent=parent,
    )
    for service in INTERFACES:
        logical = f"{name}-{service.replace('.', '-')}"
        aws.ec2.VpcEndpoint(
            logical,
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{site.region}.{service}",
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=[subnet.id for subnet in subnets],
            security_group_ids=[group.id],
            tags=site.tags(logical),
            opts=child(parent),
        )
