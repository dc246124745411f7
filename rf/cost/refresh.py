"""Prices of today from AWS's price list, in place of a region's table.

The shape of its answers is that of ``GetProducts`` of the Price List Query API: each product a JSON
text, with its terms, whose dimensions have a price per unit.
"""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from cost.prices import DEFAULT_REGION, Prices, regions, table_file

from ..errors import BadInputError
from ..replace_file import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

SERVICE = "AmazonEC2"
ENDPOINT_REGION = "us-east-1"
"""Where AWS answers for the prices of all its regions."""
PLAIN_LINUX: Mapping[str, str] = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}
"""Of the many prices of an instance type, the one that a node pays."""
SOURCE = "AWS Price List Query API, GetProducts"
COLUMNS = ("instance_type", "usd_per_hour", "as_of", "source")


class PriceList(Protocol):
    """AWS's price list (boto3's client ``pricing``)."""

    @property
    def get_products(self) -> Callable[..., Any]:
        """Products that match filters, a page of them."""
        ...


def refresh(region: str, today: date, prices: PriceList) -> str:
    """Write the table of ``region`` anew; what was found, in a sentence.

    The instance types are those of the table there is, of ``us-east-1`` for a region without one.
    One that is not sold there is left out. BadInputError when AWS cannot be asked, or knows of none
    of them: the table then stays as it is.
    """
    known = Prices.load(region if region in regions() else DEFAULT_REGION).instance_types
    try:
        found = {name: price for name in known if (price := usd(prices, region, name)) is not None}
    except (BotoCoreError, ClientError) as error:
        raise BadInputError(
            f"AWS's price list cannot be asked: {error}; it takes credentials with the permission "
            "pricing:GetProducts"
        ) from None
    if not found:
        raise BadInputError(f"AWS's price list has none of our instance types in {region!r}")
    replace_file(table_file(region), _csv(found, today), mode=0o644)
    missing = [name for name in known if name not in found]
    left_out = f"; not sold there: {', '.join(missing)}" if missing else ""
    return (
        f"{len(found)} prices of {region} written to cost/data/{table_file(region).name}{left_out}"
    )


def usd(prices: PriceList, region: str, instance_type: str) -> Decimal | None:
    """USD an hour on demand; None where it is not sold, BadInputError where AWS names several."""
    filters = {"regionCode": region, "instanceType": instance_type, **PLAIN_LINUX}
    answer = prices.get_products(
        ServiceCode=SERVICE,
        Filters=[
            {"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in filters.items()
        ],
    )
    found = {price for text in answer["PriceList"] for price in _hourly(json.loads(text))}
    if len(found) > 1:
        given = ", ".join(str(price) for price in sorted(found))
        raise BadInputError(f"AWS names several prices of {instance_type} in {region}: {given}")
    return next(iter(found), None)


def _hourly(product: Mapping[str, Any]) -> Iterable[Decimal]:
    """What an hour on demand costs; a price of 0 is that of something reserved."""
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            try:
                price = Decimal(dimension["pricePerUnit"]["USD"])
            except (KeyError, InvalidOperation):
                continue
            if dimension["unit"] == "Hrs" and price > 0:
                yield price.normalize()


def _csv(found: Mapping[str, Decimal], today: date) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(
        (name, f"{price:f}", today.isoformat(), SOURCE) for name, price in found.items()
    )
    return text.getvalue()
