"""What a stack file may say about its cost."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from cost.instances import instances
from cost.prices import (
    BY_TYPE,
    DEFAULT_REGION,
    ON_DEMAND,
    Price,
    Prices,
    PricesError,
    regions,
    unit_of,
)
from cost.services import Nodes

from ..types import STRICT


def _known_region(region: str) -> str:
    if region not in regions():
        raise ValueError(
            f"there is no price table for it; regions: {', '.join(regions())}. A table for another "
            "is one file more, see cost/data/README.md"
        )
    return region


def _known_type(instance_type: str) -> str:
    if instance_type not in instances():
        message = f"is not in the price table; instance types: {', '.join(instances())}"
        raise ValueError(message)
    return instance_type


def _settable(name: str) -> str:
    try:
        unit_of(name)
    except PricesError as error:
        raise ValueError(str(error)) from None
    kind, _, instance_type = name.partition("/")
    if kind in BY_TYPE:
        _known_type(instance_type)
    return name


Region = Annotated[
    str, AfterValidator(_known_region), Field(json_schema_extra={"enum": [*regions()]})
]
InstanceType = Annotated[
    str, AfterValidator(_known_type), Field(json_schema_extra={"enum": [*instances()]})
]
PriceName = Annotated[str, AfterValidator(_settable)]
Usd = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""US dollars."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PriceArgs:
    """A price that the table does not have. There is none without a source and a date."""

    usd: Usd
    """US dollars an hour, or a month for a key or each GiB of storage."""
    as_of: date
    """The day of the price."""
    source: Annotated[str, Field(min_length=1)]
    """Where it was read: the address of a price page, or a contract."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class CostArgs:
    """What the monthly estimate is made with, and what dashboards and alerts say of cost."""

    region: Region = DEFAULT_REGION
    """AWS region whose prices are taken."""
    node_type: InstanceType | None = None
    """EC2 type of the nodes that services without GPUs run on. Unset leaves them uncounted."""
    gpu_node_type: InstanceType | None = None
    """EC2 type of the nodes of the GPU pool. Unset leaves its services uncounted."""
    budget: Usd | None = None
    """US dollars that the stack may cost a month. An alert fires when its GPUs alone cost more."""
    prices: Mapping[PriceName, PriceArgs] = Field(default_factory=dict)
    """Prices that the table does not have, such as ``volume`` or ``spot/g5.xlarge``."""

    @model_validator(mode="after")
    def _gpu_nodes_have_gpus(self) -> "CostArgs":
        if self.gpu_node_type and not instances()[self.gpu_node_type].gpus:
            with_gpus = ", ".join(name for name, each in instances().items() if each.gpus)
            message = f"gpu_node_type is {self.gpu_node_type}, which has no GPU; take {with_gpus}"
            raise ValueError(message)
        return self

    @property
    def gpu_hour_usd(self) -> float:
        """What one GPU costs an hour on demand, with its share of the node; 0 where unknown."""
        price = self.known_prices.find(f"{ON_DEMAND}/{self.gpu_node_type}")
        if self.gpu_node_type is None or price is None:
            return 0.0
        return round(float(price.usd) / instances()[self.gpu_node_type].gpus, 4)

    @property
    def nodes(self) -> Nodes:
        """What services are priced by."""
        return Nodes(general=self.node_type, gpu=self.gpu_node_type)

    @property
    def known_prices(self) -> Prices:
        """The region's table and the prices given here."""
        return Prices.load(self.region, own_prices(self.prices))


def own_prices(given: Mapping[str, PriceArgs]) -> dict[str, Price]:
    """The prices of a stack file, as the tables have theirs."""
    return {
        name: Price(
            usd=Decimal(str(each.usd)), unit=unit_of(name), as_of=each.as_of, source=each.source
        )
        for name, each in given.items()
    }
