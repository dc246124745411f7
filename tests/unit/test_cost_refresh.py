"""``rf cost --refresh``: a region's table from AWS's price list, whose answers botocore checks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber
from rich.console import Console

from cost import Price
from cost import prices as table
from cost.instances import instances
from cost.prices import ON_DEMAND, OTHER, Prices, unit_of
from rf.cost import price_list
from rf.cost.price_list import ONE_OF_A_KIND, listings
from rf.cost.refresh import Row, refresh, render
from rf.errors import BadInputError
from tests.unit.price_products import Pages, product, queue, us_east_1

if TYPE_CHECKING:
    from collections.abc import Iterator
TODAY = date(2026, 11, 22)
BEFORE = date(2026, 7, 20)
FILE = "prices-us-east-1.csv"
HEADER = "name,usd,unit,as_of,source\n"
TYPES = ("g5.xlarge", "m7i.large")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two types are known; a table of us-east-1 in a folder of the test's own has one of them."""
    text = (
        f"{HEADER}ec2/g5.xlarge,1.006,hour,2026-07-20,old\n"
        "control-plane,0.1,hour,2026-07-20,old\n"
        "spot/g5.xlarge,0.4,hour,2026-07-20,old\n"
    )
    (tmp_path / FILE).write_text(text)
    monkeypatch.setattr(table, "DATA", tmp_path)
    monkeypatch.setattr(
        price_list, "instances", lambda: {name: instances()[name] for name in TYPES}
    )
    return tmp_path


@pytest.fixture
def aws() -> Iterator[Stubber]:
    """AWS's own client, which checks questions and answers by its service model."""
    client: Any = boto3.client(
        "pricing",
        region_name="us-east-1",
        aws_access_key_id="made-up",
        aws_secret_access_key="made-up",
    )
    with Stubber(client) as stubber:
        yield stubber


def refreshed(aws: Stubber, region: str = "us-east-1") -> dict[str, Row]:
    client: Any = aws.client
    return {row.name: row for row in refresh(region, TODAY, client)}


def shown(rows: dict[str, Row]) -> list[str]:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(render("us-east-1", [*rows.values()]))
    return [" ".join(line.split()) for line in capture.get().splitlines()]


@pytest.mark.usefixtures("data")
def test_every_price_that_an_estimate_counts_is_asked_for_but_what_aws_lists_nowhere() -> None:
    counted = {f"{ON_DEMAND}/g5.xlarge", "auto-mode/g5.xlarge", *OTHER}

    asked = listings()

    # What nodes share may be of any maker.
    assert counted - set(asked) == {"shared-volume"}
    assert all(asked[name].unit == unit_of(name) for name in asked if name in OTHER)


def test_the_tables_description_says_where_each_price_is_read() -> None:
    text = Path("cost/data/README.md").read_text()

    for name, listing in ONE_OF_A_KIND.items():
        assert f"| `{name}` | `{listing.service}` | `{listing.usage}` |" in text


@pytest.mark.usefixtures("data")
def test_each_row_has_todays_price_with_its_day_and_where_it_was_read(aws: Stubber) -> None:
    queue(aws, "us-east-1", us_east_1())

    refreshed(aws)

    found = Prices.load("us-east-1").by_name
    assert {name: f"{price.usd:f}" for name, price in found.items() if price.as_of == TODAY} == {
        "ec2/g5.xlarge": "1.1",
        "ec2/m7i.large": "0.1",
        "auto-mode/g5.xlarge": "0.12072",
        "auto-mode/m7i.large": "0.0121",
        "control-plane": "0.1",
        "nat-gateway": "0.045",
        "load-balancer": "0.0225",
        "endpoint": "0.01",
        "key": "1",
        "volume": "0.08",
        "efs/standard": "0.3",
    }
    assert found["volume"] == Price(
        usd=Decimal("0.08"),
        unit="GiB-month",
        as_of=TODAY,
        source="AWS Price List Query API: AmazonEC2 EBS:VolumeUsage.gp3",
    )


@pytest.mark.usefixtures("data")
def test_a_row_that_aws_does_not_answer_for_keeps_its_price_and_day(aws: Stubber) -> None:
    queue(aws, "us-east-1", us_east_1() | {"control-plane": ([],)})

    rows = refreshed(aws)

    found = Prices.load("us-east-1").by_name
    assert (found["control-plane"].as_of, found["spot/g5.xlarge"].as_of) == (BEFORE, BEFORE)
    told = shown(rows)
    assert "control-plane 0.1 - AWS lists none; that of 2026-07-20 stays" in told
    assert (
        "spot/g5.xlarge 0.4 - AWS's price list is not asked for it; that of 2026-07-20 stays"
    ) in told


@pytest.mark.usefixtures("data")
def test_what_was_and_what_is_stand_side_by_side(aws: Stubber) -> None:
    queue(aws, "us-east-1", us_east_1() | {"volume": ([],)})

    told = shown(refreshed(aws))

    assert told[0] == f"10 prices of us-east-1 written to cost/data/{FILE}, in USD"
    assert "ec2/g5.xlarge 1.006 1.1 per hour" in told
    assert "nat-gateway - 0.045 per hour" in told
    assert "efs/standard - 0.3 per GiB-month" in told
    assert "volume - - AWS lists none; not counted" in told


@pytest.mark.usefixtures("data")
def test_several_prices_are_refused_in_words_and_none_is_taken(aws: Stubber) -> None:
    both = [product("BoxUsage:g5.xlarge", "1"), product("BoxUsage:g5.xlarge", "2")]
    queue(aws, "us-east-1", us_east_1() | {"ec2/g5.xlarge": (both,)})

    rows = refreshed(aws)

    kept = Prices.load("us-east-1").by_name["ec2/g5.xlarge"]
    assert (kept.usd, kept.as_of) == (Decimal("1.006"), BEFORE)
    assert rows["ec2/g5.xlarge"].why_not == "AWS names several prices: 1, 2"


@pytest.mark.usefixtures("data")
def test_a_price_that_falls_with_use_is_refused_in_words(aws: Stubber) -> None:
    tiered = product("EBS:VolumeUsage.gp3", "0.1", "0.08", unit="GB-Mo", tiers=("0", "500", "Inf"))
    queue(aws, "us-east-1", us_east_1() | {"volume": ([tiered],)})

    rows = refreshed(aws)

    assert rows["volume"].why_not == "AWS's price hangs on how much is used"
    assert Prices.load("us-east-1").find("volume") is None


@pytest.mark.usefixtures("data")
def test_what_is_reserved_or_no_hour_is_no_price(aws: Stubber) -> None:
    products = [
        product("BoxUsage:g5.xlarge", "0.0000000000"),
        product("BoxUsage:g5.xlarge", "7", unit="Quantity"),
        product("BoxUsage:g5.xlarge", "1.2"),
    ]
    queue(aws, "us-east-1", us_east_1() | {"ec2/g5.xlarge": (products,)})

    rows = refreshed(aws)

    assert rows["ec2/g5.xlarge"].new is not None
    assert rows["ec2/g5.xlarge"].new.usd == Decimal("1.2")


@pytest.mark.parametrize(
    ("region", "prefix"), [("eu-west-1", "EU"), ("eu-west-2", "EUW2"), ("ap-southeast-5", "APS7")]
)
@pytest.mark.usefixtures("data")
def test_a_region_without_a_table_gets_one_of_what_is_sold_there(
    aws: Stubber, region: str, prefix: str
) -> None:
    here: dict[str, Pages] = {name: tuple([] for _ in pages) for name, pages in us_east_1().items()}
    others = [
        product(f"{prefix}-NatGateway-Hours", "0.05"),
        product(f"{prefix}-RegionalNatGateway-Hours", "0.07"),
    ]
    queue(aws, region, here | {"nat-gateway": (others,)})

    rows = refreshed(aws, region)

    found = Prices.load(region).by_name
    assert [*found] == ["nat-gateway"]
    assert found["nat-gateway"].usd == Decimal("0.05")
    assert rows["ec2/m7i.large"].price is None


def test_a_region_of_which_aws_knows_nothing_is_refused(data: Path, aws: Stubber) -> None:
    queue(aws, "mars-1", {name: tuple([] for _ in pages) for name, pages in us_east_1().items()})

    with pytest.raises(BadInputError, match="none of our prices in 'mars-1'"):
        refreshed(aws, "mars-1")

    assert not (data / "prices-mars-1.csv").exists()


@pytest.mark.parametrize("code", ["AccessDeniedException", "ExpiredTokenException"])
def test_a_refusal_of_aws_is_told_in_words_and_the_table_stays(
    data: Path, aws: Stubber, code: str
) -> None:
    before = (data / FILE).read_bytes()
    aws.add_client_error("get_products", code, "is not authorized")

    with pytest.raises(BadInputError, match="pricing:GetProducts"):
        refreshed(aws)

    assert (data / FILE).read_bytes() == before


def test_without_credentials_nothing_is_asked_and_words_say_so(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(data))
    client: Any = boto3.Session().client("pricing", region_name="us-east-1")

    with pytest.raises(BadInputError, match="credentials"):
        refresh("us-east-1", TODAY, client)
