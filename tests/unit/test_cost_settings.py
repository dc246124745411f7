"""What a stack file may say about its cost."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from components.budget import CostArgs
from cost import Price
from cost.services import Nodes

COST = TypeAdapter(CostArgs)
GIVEN = {"usd": 0.08, "as_of": "2026-08-01", "source": "contract of August"}


def test_without_settings_nothing_has_a_price() -> None:
    assert COST.validate_python({}).nodes == Nodes()


def test_a_price_is_added_to_the_table_of_the_region() -> None:
    args = COST.validate_python({"node_type": "m7i.large", "prices": {"volume": GIVEN}})

    assert args.nodes == Nodes(general="m7i.large")
    assert args.known_prices.find("volume") == Price(
        usd=Decimal("0.08"), unit="GiB-month", as_of=date(2026, 8, 1), source="contract of August"
    )
    assert args.known_prices.find("ec2/m7i.large") is not None


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({"region": "eu-west-1"}, "there is no price table for it; regions: us-east-1"),
        ({"node_type": "m7i.huge"}, "is not in the price table; instance types: g4dn.xlarge"),
        ({"gpu_node_type": "m7i.large"}, "has no GPU; take g4dn.xlarge"),
        ({"budget": 0}, "greater than 0"),
        ({"prices": {"disk": GIVEN}}, "'disk' is no price that can be set"),
        ({"prices": {"ec2/g5.xlarge": GIVEN}}, "is no price that can be set"),
        ({"prices": {"spot/m7i.huge": GIVEN}}, "is not in the price table"),
        ({"prices": {"volume": {**GIVEN, "usd": -1}}}, "greater than 0"),
        ({"prices": {"volume": {**GIVEN, "source": ""}}}, "at least 1 character"),
        ({"prices": {"volume": {"usd": 1, "source": "x"}}}, "required"),
        ({"prices": {"volume": {"usd": 1, "as_of": "2026-08-01"}}}, "required"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(tree: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError) as raised:
        COST.validate_python(tree)

    (error,) = raised.value.errors()
    assert expected.lower() in error["msg"].lower()
