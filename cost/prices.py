"""Prices with their date and source: the table of a region, and those that a stack file adds.

A price is found by name: ``ec2/g5.2xlarge`` is that type on demand. The names below are all there
are.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).with_name("data")
TABLE = "prices-"
DEFAULT_REGION = "us-east-1"

Unit = Literal["hour", "month", "GiB-month"]
UNITS: Mapping[str, Unit] = MappingProxyType({unit: unit for unit in get_args(Unit)})

ON_DEMAND = "ec2"
SPOT = "spot"
AUTO_MODE = "auto-mode"
BY_TYPE: Mapping[str, str] = MappingProxyType(
    {
        SPOT: "an EC2 spot instance of that type",
        AUTO_MODE: "EKS Auto Mode's fee for an instance of that type, on top of its price",
    }
)
"""Prices an hour that a stack file may give for each instance type: ``spot/g5.xlarge``."""

OTHER: Mapping[str, tuple[Unit, str]] = MappingProxyType(
    {
        "control-plane": ("hour", "an EKS control plane"),
        "nat-gateway": ("hour", "a NAT gateway, without the data it passes on"),
        "load-balancer": ("hour", "a load balancer, without the traffic it takes"),
        "endpoint": ("hour", "an interface endpoint in one zone, without its traffic"),
        "key": ("month", "a KMS key, without its rotations and requests"),
        "volume": ("GiB-month", "a volume of one node (gp3)"),
        "shared-volume": ("GiB-month", "storage that several nodes mount at once"),
        "efs/standard": ("GiB-month", "EFS storage of the class Standard"),
    }
)
"""Prices that a stack file may give, with their unit and what they are for."""


class PricesError(ValueError):
    """No such region or price; the message lists what there is."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for one ``unit``, where they come from, and of which day they are."""

    usd: Decimal
    unit: Unit
    as_of: date
    source: str


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Every known price of ``region``, by name."""

    region: str
    by_name: Mapping[str, Price] = field(default_factory=dict)

    @classmethod
    def load(cls, region: str = DEFAULT_REGION, own: Mapping[str, Price] | None = None) -> Prices:
        """The table of ``region`` and a stack's ``own`` prices; PricesError when there is none."""
        file = table_file(region)
        if region not in regions():
            raise PricesError(f"no price table for {region!r}; regions: {', '.join(regions())}")
        return cls(region=region, by_name=MappingProxyType({**_table(file), **(own or {})}))

    def find(self, name: str) -> Price | None:
        """The price called ``name``, if it is known."""
        return self.by_name.get(name)


def regions() -> tuple[str, ...]:
    """The regions that have a table."""
    return tuple(sorted(file.stem.removeprefix(TABLE) for file in DATA.glob(f"{TABLE}*.csv")))


def table_file(region: str) -> Path:
    """Where the table of ``region`` is, or would be."""
    return DATA / f"{TABLE}{region}.csv"


def unit_of(name: str) -> Unit:
    """The unit of a price that a stack file may give; PricesError lists the names."""
    kind, _, instance_type = name.partition("/")
    if kind in BY_TYPE and instance_type:
        return "hour"
    if name in OTHER:
        return OTHER[name][0]
    names = ", ".join([*OTHER, *(f"{kind}/INSTANCE_TYPE" for kind in BY_TYPE)])
    raise PricesError(f"{name!r} is no price that can be set; prices: {names}")


def _table(file: Path) -> dict[str, Price]:
    with file.open(newline="", encoding="utf-8") as lines:
        return {
            row["name"]: Price(
                usd=Decimal(row["usd"]),
                unit=UNITS[row["unit"]],
                as_of=date.fromisoformat(row["as_of"]),
                source=row["source"],
            )
            for row in csv.DictReader(lines)
        }
