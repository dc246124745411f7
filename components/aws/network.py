"""The VPC: nodes in private subnets, one way out, and no way in but load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from .cidr import layout
from .endpoints import endpoints
from .site import child

if TYPE_CHECKING:
    from .args import NetworkArgs
    from .site import Site

ANYWHERE = "0.0.0.0/0"
# What EKS looks for when it places load balancers.
PUBLIC = {"kubernetes.io/role/elb": "1"}
PRIVATE = {"kubernetes.io/role/internal-elb": "1"}


class Network(pulumi.ComponentResource):
    """Three zones, each with a private and a public subnet; traffic to S3 and ECR stays inside."""

    vpc_id: pulumi.Output[str]
    private_subnets: dict[str, pulumi.Output[str]]
    """Their ids by the zone's letter."""

    def __init__(
        self, name: str, site: Site, args: NetworkArgs, opts: pulumi.ResourceOptions
    ) -> None:
        known = {
            "cidr": args.cidr,
            "zones": [f"{site.region}{letter}" for letter in args.zones],
            "natGateways": args.nat_gateways,
        }
        super().__init__("researchflow:index:Network", name, known, opts)
        self._site = site
        self._vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=args.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=site.tags(name),
            opts=child(self),
        )
        self._close_default_group(name)
        found = layout(args.cidr)
        nats = self._public(name, args, found.public)
        subnets, tables = self._private(name, args, found.private, nats)
        endpoints(name, site, args, self._vpc, subnets, tables, self)
        self.vpc_id = self._vpc.id
        self.private_subnets = {
            letter: subnet.id for letter, subnet in zip(args.zones, subnets, strict=True)
        }
        self.register_outputs({"vpcId": self.vpc_id, "privateSubnetIds": self.private_subnet_ids})

    @property
    def private_subnet_ids(self) -> list[pulumi.Output[str]]:
        """Where nodes are."""
        return [*self.private_subnets.values()]

    def _close_default_group(self, name: str) -> None:
        """The group of whatever names no other: nothing in, nothing out."""
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default-group",
            vpc_id=self._vpc.id,
            tags=self._site.tags(f"{name}-unused"),
            opts=child(self),
        )

    def _public(
        self, name: str, args: NetworkArgs, cidrs: tuple[str, ...]
    ) -> list[aws.ec2.NatGateway]:
        """The subnets of load balancers and NAT gateways."""
        gateway = aws.ec2.InternetGateway(
            f"{name}-internet", vpc_id=self._vpc.id, tags=self._site.tags(name), opts=child(self)
        )
        table = self._table(f"{name}-public")
        route = aws.ec2.Route(
            f"{name}-public-route",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=child(self),
        )
        nats = []
        for letter, cidr in zip(args.zones, cidrs, strict=True):
            subnet = self._subnet(f"{name}-public-{letter}", letter, cidr, PUBLIC, table)
            if args.nat_gateways == "each_zone" or letter == args.zones[0]:
                nats.append(self._nat(f"{name}-nat-{letter}", subnet, route))
        return nats

    def _private(
        self,
        name: str,
        args: NetworkArgs,
        cidrs: tuple[str, ...],
        nats: list[aws.ec2.NatGateway],
    ) -> tuple[list[aws.ec2.Subnet], list[aws.ec2.RouteTable]]:
        """The subnets of nodes and pods, each with its way out."""
        subnets, tables = [], []
        for index, (letter, cidr) in enumerate(zip(args.zones, cidrs, strict=True)):
            table = self._table(f"{name}-private-{letter}")
            aws.ec2.Route(
                f"{name}-private-{letter}-route",
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=nats[index % len(nats)].id,
                opts=child(self),
            )
            subnets.append(self._subnet(f"{name}-private-{letter}", letter, cidr, PRIVATE, table))
            tables.append(table)
        return subnets, tables

    def _table(self, name: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(
            f"{name}-table", vpc_id=self._vpc.id, tags=self._site.tags(name), opts=child(self)
        )

    def _subnet(
        self, name: str, letter: str, cidr: str, tags: dict[str, str], table: aws.ec2.RouteTable
    ) -> aws.ec2.Subnet:
        subnet = aws.ec2.Subnet(
            name,
            vpc_id=self._vpc.id,
            availability_zone=f"{self._site.region}{letter}",
            cidr_block=cidr,
            map_public_ip_on_launch=False,
            tags={**self._site.tags(name), **tags},
            opts=child(self),
        )
        aws.ec2.RouteTableAssociation(
            f"{name}-association",
            subnet_id=subnet.id,
            route_table_id=table.id,
            opts=child(self),
        )
        return subnet

    def _nat(self, name: str, subnet: aws.ec2.Subnet, route: aws.ec2.Route) -> aws.ec2.NatGateway:
        address = aws.ec2.Eip(
            f"{name}-address", domain="vpc", tags=self._site.tags(name), opts=child(self, route)
        )
        return aws.ec2.NatGateway(
            name,
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags=self._site.tags(name),
            opts=child(self, route),
        )
