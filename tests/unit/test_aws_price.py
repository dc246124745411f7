"""The price of an infrastructure, worked out by hand from the table of 2026-07-20."""

from decimal import Decimal
from typing import Any

import pytest

from components.aws.price import monthly
from cost.demand import HOURS
from infrastructure import parse
from tests.conftest import platform

G5_2XLARGE = Decimal("1.212")
M7I_2XLARGE = Decimal("0.4032")
POOLS: dict[str, Any] = {
    "general": {"instance_types": ["m7i.2xlarge"], "cpus": 32, "memory": 128, "usual_nodes": 2},
    "gpu": {"instance_types": ["g5.2xlarge"], "gpus": 3, "usual_nodes": 1},
}


def settings(**change: Any) -> Any:
    return parse(platform("staging-infra") | {"pools": POOLS} | change, "Pulumi.test.yaml")


def prices(**usd: float) -> dict[str, Any]:
    own = {
        name.replace("_", "-"): {"usd": value, "as_of": "2026-07-01", "source": "a test"}
        for name, value in usd.items()
    }
    return {"cost": {"prices": own}}


def test_nodes_cost_from_none_to_the_limit() -> None:
    """No node need run, two and one usually do, and the limits end at four and three."""
    total = monthly(settings()).total

    assert total.low == 0
    assert total.expected == round((2 * M7I_2XLARGE + G5_2XLARGE) * HOURS, 2)
    assert total.high == round((4 * M7I_2XLARGE + 3 * G5_2XLARGE) * HOURS, 2)


def test_what_runs_anyway_is_counted_where_its_price_is_given() -> None:
    known = prices(control_plane=0.1, nat_gateway=0.045, endpoint=0.01, key=1)
    one = monthly(settings(**known))
    each = monthly(settings(network={"nat_gateways": "each_zone"}, **known))

    fixed = Decimal("0.1") + Decimal("0.045") + 6 * Decimal("0.01")
    assert one.total.low == round(fixed * HOURS, 2) + 2
    assert each.total.low - one.total.low == round(2 * Decimal("0.045") * HOURS, 2)


def test_what_has_no_price_is_not_counted() -> None:
    missing = {f"{each.subject} {each.what}" for each in monthly(settings()).not_counted}

    assert "cluster control plane" in missing
    assert "network NAT gateways" in missing
    assert "pool gpu EKS Auto Mode's fee for g5.2xlarge" in missing


def test_what_is_in_shared_files_is_left_to_the_stacks_that_put_it_there() -> None:
    none, some = (
        {
            each.subject: each.reason
            for each in monthly(settings(storage={"shared": shared})).not_counted
        }
        for shared in (False, True)
    )

    assert "shared files" not in none
    assert "by the price efs/standard" in some["shared files"]


def test_a_family_is_priced_by_the_types_that_are_known() -> None:
    family = {"families": ["g5"], "gpus": 1, "usual_nodes": 1}

    total = monthly(settings(pools={"general": POOLS["general"], "gpu": family})).total

    cheapest = Decimal("1.006")
    assert total.expected == round((2 * M7I_2XLARGE + cheapest) * HOURS, 2)


def test_prices_of_another_region_are_labelled() -> None:
    found = monthly(settings(region="eu-central-1"))

    assert found.region == "us-east-1"
    assert any("no price table for eu-central-1" in remark for remark in found.remarks)


@pytest.mark.parametrize("gpus", [1, 2, 5])
def test_a_higher_limit_is_never_cheaper(gpus: int) -> None:
    def high(limit: int) -> Decimal:
        pool = POOLS["gpu"] | {"gpus": limit}
        return monthly(settings(pools=POOLS | {"gpu": pool})).total.high

    assert high(gpus) <= high(gpus + 1)
