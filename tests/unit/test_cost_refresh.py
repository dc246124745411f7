"""``rf cost --refresh``: a region's table from AWS's price list, whose answers botocore checks."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from cost import prices as table
from cost.prices import Prices
from rf.cost.refresh import PLAIN_LINUX, refresh
from rf.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = date(2026, 11, 22)
HEADER = "instance_type,usd_per_hour,as_of,source\n"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tables of two types in us-east-1, in a folder of the test's own."""
    text = f"{HEADER}g5.xlarge,1.006,2026-07-20,old\nm7i.large,0.1008,2026-07-20,old\n"
    (tmp_path / "ec2-on-demand-us-east-1.csv").write_text(text)
    monkeypatch.setattr(table, "DATA", tmp_path)
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


def asked(aws: Stubber) -> Any:
    """The client that is stubbed."""
    return aws.client


def product(*usd: str, unit: str = "Hrs") -> str:
    dimensions = {str(n): {"unit": unit, "pricePerUnit": {"USD": x}} for n, x in enumerate(usd)}
    return json.dumps({"terms": {"OnDemand": {"term": {"priceDimensions": dimensions}}}})


def answers(aws: Stubber, region: str, **by_type: list[str]) -> None:
    for name, products in by_type.items():
        filters = {"regionCode": region, "instanceType": name.replace("_", "."), **PLAIN_LINUX}
        wanted = [{"Type": "TERM_MATCH", "Field": k, "Value": v} for k, v in filters.items()]
        aws.add_response(
            "get_products",
            {"FormatVersion": "aws_v1", "PriceList": products},
            {"ServiceCode": "AmazonEC2", "Filters": wanted},
        )


@pytest.mark.usefixtures("data")
def test_the_table_has_todays_prices_with_day_and_source(aws: Stubber) -> None:
    answers(aws, "us-east-1", g5_xlarge=[product("1.1000000000")], m7i_large=[product("0.1")])

    said = refresh("us-east-1", TODAY, asked(aws))

    found = Prices.load("us-east-1").find("ec2/g5.xlarge")
    assert said == "2 prices of us-east-1 written to cost/data/ec2-on-demand-us-east-1.csv"
    assert found is not None
    assert (found.usd, found.as_of) == (Decimal("1.1"), TODAY)
    assert "Price List" in found.source


@pytest.mark.usefixtures("data")
def test_a_region_without_a_table_gets_one_of_what_is_sold_there(aws: Stubber) -> None:
    answers(aws, "eu-west-1", g5_xlarge=[product("1.123")], m7i_large=[])

    said = refresh("eu-west-1", TODAY, asked(aws))

    assert said.endswith("; not sold there: m7i.large")
    assert Prices.load("eu-west-1").instance_types == ("g5.xlarge",)


@pytest.mark.usefixtures("data")
def test_what_is_reserved_or_no_hour_is_no_price(aws: Stubber) -> None:
    products = [product("0.0000000000", "1.2"), product("7", unit="Quantity")]
    answers(aws, "us-east-1", g5_xlarge=products, m7i_large=[product("0.1")])

    refresh("us-east-1", TODAY, asked(aws))

    found = Prices.load("us-east-1").find("ec2/g5.xlarge")
    assert found is not None
    assert found.usd == Decimal("1.2")


def test_several_prices_are_refused_and_the_table_stays(data: Path, aws: Stubber) -> None:
    before = (data / "ec2-on-demand-us-east-1.csv").read_bytes()
    answers(aws, "us-east-1", g5_xlarge=[product("1"), product("2")])

    with pytest.raises(BadInputError, match=r"several prices of g5.xlarge in us-east-1: 1, 2"):
        refresh("us-east-1", TODAY, asked(aws))

    assert (data / "ec2-on-demand-us-east-1.csv").read_bytes() == before


def test_a_region_of_which_aws_knows_nothing_is_refused(data: Path, aws: Stubber) -> None:
    answers(aws, "mars-1", g5_xlarge=[], m7i_large=[])

    with pytest.raises(BadInputError, match="none of our instance types in 'mars-1'"):
        refresh("mars-1", TODAY, asked(aws))

    assert not (data / "ec2-on-demand-mars-1.csv").exists()


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("code", ["AccessDeniedException", "ExpiredTokenException"])
def test_a_refusal_of_aws_is_told_in_words(aws: Stubber, code: str) -> None:
    aws.add_client_error("get_products", code, "is not authorized")

    with pytest.raises(BadInputError, match="pricing:GetProducts"):
        refresh("us-east-1", TODAY, asked(aws))


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
