"""Products as AWS's price list has them, and a queue of them for botocore's stub.

Attributes, terms, ranges and units are those of real answers; ids and most prices are made up.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rf.cost.price_list import listings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from botocore.stub import Stubber

SKU = "2257YY4K7BWZ4F46"
TERM = f"{SKU}.JRTCKXETXF"
Pages = tuple[list[str], ...]


def product(usage: str, *usd: str, unit: str = "Hrs", tiers: Sequence[str] = ("0", "Inf")) -> str:
    """One product; as many prices as there are tiers, which are given by their bounds."""
    ranges = pairwise(tiers)
    prices = {
        f"{TERM}.{number}": {
            "unit": unit,
            "beginRange": begin,
            "endRange": end,
            "description": f"${amount} per {usage}",
            "appliesTo": [],
            "rateCode": f"{TERM}.{number}",
            "pricePerUnit": {"USD": amount},
        }
        for number, (amount, (begin, end)) in enumerate(zip(usd, ranges, strict=True))
    }
    term = {
        "priceDimensions": prices,
        "sku": SKU,
        "effectiveDate": "2026-11-01T00:00:00Z",
        "offerTermCode": "JRTCKXETXF",
        "termAttributes": {},
    }
    attributes = {"usagetype": usage, "locationType": "AWS Region"}
    found: dict[str, Any] = {
        "product": {"productFamily": "a family", "attributes": attributes, "sku": SKU},
        "serviceCode": "a service",
        "terms": {"OnDemand": {TERM: term}},
        "version": "20261120191027",
        "publicationDate": "2026-11-20T19:10:27Z",
    }
    return json.dumps(found)


def us_east_1() -> dict[str, Pages]:
    """What AWS answers there, by the name of the price that is asked for first."""
    tiers = ("0", "1048576", "5242880", "Inf")
    return {
        "ec2/g5.xlarge": ([product("BoxUsage:g5.xlarge", "1.1000000000")],),
        "ec2/m7i.large": ([product("BoxUsage:m7i.large", "0.1000000000")],),
        "auto-mode/g5.xlarge": (
            [
                product("EKS-Auto:a1.large-management-hours", "0.0061200000", unit="hours"),
                product("EKS-Auto:g5.xlarge-management-hours", "0.1207200000", unit="hours"),
            ],
            [product("EKS-Auto:m7i.large-management-hours", "0.0121000000", unit="hours")],
        ),
        "control-plane": (
            [
                product("USE1-AmazonEKS-Hours:perCluster", "0.1000000000", unit="Hours"),
                product("USE1-AmazonEKS-Local-Outposts-Hours:perCluster", "0.2", unit="hours"),
            ],
        ),
        "nat-gateway": (
            [
                product("NatGateway-Hours", "0.0450000000"),
                product("NatGateway-Bytes", "0.0450000000", unit="GB"),
            ],
        ),
        "load-balancer": (
            [
                product("LoadBalancerUsage", "0.0225000000"),
                product("TS-LoadBalancerUsage", "0.0056000000"),
                product("LCUUsage", "0.0060000000", unit="LCU-Hrs"),
            ],
        ),
        "endpoint": (
            [
                product("USE1-VpcEndpoint-Hours", "0.0100000000"),
                product("USE1-VpcEndpoint-Bytes", "0.01", "0.006", "0.004", unit="GB", tiers=tiers),
            ],
        ),
        "key": (
            [
                product("us-east-1-KMS-Keys", "1.0000000000", unit="Keys"),
                product("us-east-1-KMS-Requests", "0.0000030000", unit="Requests"),
            ],
        ),
        "volume": ([product("EBS:VolumeUsage.gp3", "0.0800000000", unit="GB-Mo")],),
        "efs/standard": (
            [
                product("TimedStorage-ByteHrs", "0.3000000000", unit="GB-Mo"),
                product("IATimedStorage-ByteHrs", "0.0160000000", unit="GB-Mo"),
            ],
        ),
    }


def queue(aws: Stubber, region: str, answers: Mapping[str, Pages]) -> None:
    """Have ``aws`` answer so, and refuse any other question or order of questions."""
    asked = listings()
    for name, pages in answers.items():
        listing = asked[name]
        wanted = {"locationType": "AWS Region", "regionCode": region, **listing.attributes}
        question: dict[str, Any] = {
            "ServiceCode": listing.service,
            "Filters": [
                {"Type": "TERM_MATCH", "Field": key, "Value": value}
                for key, value in wanted.items()
            ],
        }
        for number, page in enumerate(pages):
            here = question if number == 0 else {**question, "NextToken": f"page {number}"}
            more = {"NextToken": f"page {number + 1}"} if number + 1 < len(pages) else {}
            answer = {"FormatVersion": "aws_v1", "PriceList": page, **more}
            aws.add_response("get_products", answer, here)
