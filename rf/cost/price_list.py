"""What AWS's price list says of the prices that an estimate is made with.

Facts of AWS's Price List Query API, ``GetProducts``: each product is a JSON text with its
``attributes`` and its terms, whose dimensions have a price per unit for a range of use. A usage
type has the prefix of its region, ``EUW2-NatGateway-Hours`` or ``eu-west-2-KMS-Keys``, which older
services leave out in us-east-1. Things that cost something else share the rest of the name:
``EUW2-RegionalNatGateway-Hours``, ``TS-LoadBalancerUsage``, ``EU-IATimedStorage-ByteHrs``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from cost.instances import instances
from cost.prices import AUTO_MODE, ON_DEMAND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cost.prices import Unit

ENDPOINT_REGION = "us-east-1"
"""Where AWS answers for the prices of all its regions."""
IN_REGION: Mapping[str, str] = MappingProxyType({"locationType": "AWS Region"})
"""Not on an Outpost or in a Local Zone, which have prices of their own."""
REGION_PREFIX = r"(?:(?:EU|[A-Z]{3}\d+|[a-z]{2}(?:-[a-z]+)+-\d+)-)?"
UNIT_NAMES: Mapping[Unit, tuple[str, ...]] = MappingProxyType(
    {"hour": ("hrs", "hour", "hours"), "month": ("keys",), "GiB-month": ("gb-mo",)}
)
"""What AWS calls a unit, in small letters. Its GB of storage is 2^30 bytes."""


class UnansweredError(Exception):
    """The price list has no price, or not one alone; says which."""


class Client(Protocol):
    """AWS's price list (boto3's client ``pricing``)."""

    @property
    def get_paginator(self) -> Callable[[str], Any]:
        """A way through all pages of an answer."""
        ...


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Where a price is: with ``service``, among products that have ``attributes``.

    ``usage``: the usage type without its region's prefix.
    """

    service: str
    attributes: Mapping[str, str]
    usage: str
    unit: Unit = "hour"


ONE_OF_A_KIND: Mapping[str, Listing] = MappingProxyType(
    {
        "control-plane": Listing(
            service="AmazonEKS",
            attributes={"operation": "CreateOperation"},
            usage="AmazonEKS-Hours:perCluster",
        ),
        "nat-gateway": Listing(
            service="AmazonEC2",
            attributes={"productFamily": "NAT Gateway", "operation": "NatGateway"},
            usage="NatGateway-Hours",
        ),
        # What a Service of type LoadBalancer becomes on EKS.
        "load-balancer": Listing(
            service="AWSELB",
            attributes={
                "productFamily": "Load Balancer-Network",
                "operation": "LoadBalancing:Network",
            },
            usage="LoadBalancerUsage",
        ),
        "endpoint": Listing(
            service="AmazonVPC",
            attributes={"productFamily": "VpcEndpoint", "operation": "VpcEndpoint"},
            usage="VpcEndpoint-Hours",
        ),
        "key": Listing(
            service="awskms",
            attributes={"productFamily": "Encryption Key"},
            usage="KMS-Keys",
            unit="month",
        ),
        "volume": Listing(
            service="AmazonEC2",
            attributes={"productFamily": "Storage", "volumeApiName": "gp3"},
            usage="EBS:VolumeUsage.gp3",
            unit="GiB-month",
        ),
        "efs/standard": Listing(
            service="AmazonEFS",
            attributes={"productFamily": "Storage", "storageClass": "General Purpose"},
            usage="TimedStorage-ByteHrs",
            unit="GiB-month",
        ),
    }
)
PLAIN_LINUX: Mapping[str, str] = MappingProxyType(
    {
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
        "marketoption": "OnDemand",
    }
)
"""Of the many prices of an instance type, the one that a node pays."""


def listings() -> dict[str, Listing]:
    """Everything that the price list is asked for, by the name of the price."""
    nodes = {
        f"{ON_DEMAND}/{name}": Listing(
            service="AmazonEC2",
            attributes={"instanceType": name, **PLAIN_LINUX},
            usage=f"BoxUsage:{name}",
        )
        for name in instances()
    }
    fees = {
        f"{AUTO_MODE}/{name}": Listing(
            service="AmazonEKS",
            # AWS spells the attribute of the type in two ways, so all types are taken at once.
            attributes={"operation": "EKSAutoUsage"},
            usage=f"EKS-Auto:{name}-management-hours",
        )
        for name in instances()
    }
    return {**nodes, **fees, **ONE_OF_A_KIND}


class PriceList:
    """The prices of ``region``; each question is put once."""

    def __init__(self, client: Client, region: str) -> None:
        self._client = client
        self._region = region
        self._answers: dict[tuple[object, ...], tuple[Mapping[str, Any], ...]] = {}

    def usd(self, listing: Listing) -> Decimal:
        """USD a unit on demand; UnansweredError without exactly one price for any use.

        BotoCoreError and ClientError as boto3 raises them.
        """
        dimensions = [
            dimension
            for product in self._products(listing)
            if _is(listing.usage, product)
            for dimension in _on_demand(product)
            if str(dimension.get("unit")).lower() in UNIT_NAMES[listing.unit]
        ]
        if any((each["beginRange"], each["endRange"]) != ("0", "Inf") for each in dimensions):
            raise UnansweredError("AWS's price hangs on how much is used")
        found = {price for each in dimensions if (price := _usd(each))}
        if not found:
            raise UnansweredError("AWS lists none")
        if len(found) > 1:
            given = ", ".join(f"{price:f}" for price in sorted(found))
            raise UnansweredError(f"AWS names several prices: {given}")
        return found.pop()

    def _products(self, listing: Listing) -> tuple[Mapping[str, Any], ...]:
        question = (listing.service, *listing.attributes.items())
        if question not in self._answers:
            self._answers[question] = tuple(self._asked(listing))
        return self._answers[question]

    def _asked(self, listing: Listing) -> Iterator[Mapping[str, Any]]:
        wanted = {**IN_REGION, "regionCode": self._region, **listing.attributes}
        pages: Iterable[Mapping[str, Any]] = self._client.get_paginator("get_products").paginate(
            ServiceCode=listing.service,
            Filters=[
                {"Type": "TERM_MATCH", "Field": name, "Value": value}
                for name, value in wanted.items()
            ],
        )
        for page in pages:
            for text in page["PriceList"]:
                yield json.loads(text)


def _is(usage: str, product: Mapping[str, Any]) -> bool:
    found = str(product["product"]["attributes"].get("usagetype"))
    return re.fullmatch(REGION_PREFIX + re.escape(usage), found) is not None


def _on_demand(product: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        yield from term["priceDimensions"].values()


def _usd(dimension: Mapping[str, Any]) -> Decimal | None:
    """The price; none where AWS gives no dollars, or 0, as for something reserved."""
    try:
        price = Decimal(dimension["pricePerUnit"]["USD"])
    except (KeyError, InvalidOperation):
        return None
    return price.normalize() or None
