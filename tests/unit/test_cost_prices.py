"""The tables in the repository, and what may be added to them."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from cost import Prices, PricesError
from cost.instances import instances
from cost.prices import DATA, regions, unit_of


def test_the_table_is_us_east_1_on_demand_of_july_2026() -> None:
    price = Prices.load("us-east-1").find("ec2/g5.2xlarge")

    assert regions() == ("us-east-1",)
    assert price is not None
    assert (price.usd, price.unit, price.as_of) == (Decimal("1.212"), "hour", date(2026, 7, 20))
    assert price.source.startswith("karpenter-provider-aws v1.15.1")


def test_another_region_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(PricesError, match="no price table for 'eu-west-1'; regions: us-east-1"):
        Prices.load("eu-west-1")


def test_every_row_of_every_table_says_where_it_comes_from() -> None:
    for file in DATA.glob("*.csv"):
        with file.open(newline="") as lines:
            rows = list(csv.DictReader(lines))

        assert rows, file
        assert all(row["source"] for row in rows), file
        assert file.name in Path("cost/data/README.md").read_text() or "prices-" in file.name


def test_every_type_with_a_price_has_a_size_and_the_other_way_round() -> None:
    priced = {name for name in Prices.load().by_name if name.startswith("ec2/")}

    assert priced == {f"ec2/{name}" for name in instances()}


def test_gpus_are_those_of_the_type() -> None:
    one, eight = instances()["g5.xlarge"], instances()["p5.48xlarge"]

    # 23028 and 81152 MiB
    assert (one.gpus, round(one.gpu_memory, 1)) == (1, Decimal("22.5"))
    assert (eight.gpus, round(eight.gpu_memory, 2)) == (8, Decimal("79.25"))
    assert instances()["m7i.large"].gpus == 0


def test_a_share_is_of_what_a_pod_takes_most_of() -> None:
    node = instances()["g5.12xlarge"]
    little = Decimal("0.1")

    assert node.share(cpu=little, memory=little, gpus=1) == Decimal("0.25")
    assert node.share(cpu=node.cpu / 2, memory=little, gpus=1) == Decimal("0.5")
    assert node.share(cpu=little, memory=node.memory, gpus=1) == 1
    assert instances()["m7i.large"].share(cpu=little, memory=little, gpus=1) is None


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("volume", "GiB-month"),
        ("efs/standard", "GiB-month"),
        ("control-plane", "hour"),
        ("spot/g5.xlarge", "hour"),
    ],
)
def test_a_price_that_may_be_set_has_a_unit(name: str, unit: str) -> None:
    assert unit_of(name) == unit


@pytest.mark.parametrize("name", ["ec2/g5.xlarge", "spot", "spot/", "disk", ""])
def test_other_prices_are_refused_with_the_names_that_there_are(name: str) -> None:
    with pytest.raises(PricesError, match="prices: control-plane, nat-gateway"):
        unit_of(name)
