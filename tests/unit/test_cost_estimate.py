"""The cost of small stacks, worked out by hand.

A month has 730 hours. Prices an hour from the table: g5.xlarge 1.006, m7i.xlarge 0.2016, m6i.large
0.096, g6.xlarge 0.8048. Pods may use 3.92 cores and 14162 MiB of an m7i.xlarge. The other prices
are made up for these tests.
"""

from datetime import date
from decimal import Decimal

import pytest

from cost import Estimate, NotCounted, Price, Prices, Range, estimate
from cost.demand import Demand, Need
from cost.infrastructure import Infrastructure, Pool
from cost.infrastructure import demand as infrastructure_demand
from cost.services import Nodes, Service, Storage
from cost.services import demand as services_demand

ONE = Range.exactly(1)
NODES = Nodes(general="m7i.xlarge", gpu="g5.xlarge")


def made_up(**usd: str) -> dict[str, Price]:
    """Prices of 1 August 2026; an underscore stands for a dash, two for a slash."""
    return {
        name.replace("__", "/").replace("_", "-"): Price(
            usd=Decimal(amount),
            unit="GiB-month" if "volume" in name else "hour",
            as_of=date(2026, 8, 1),
            source="made up",
        )
        for name, amount in usd.items()
    }


def of_services(*services: Service, nodes: Nodes = NODES, **usd: str) -> Estimate:
    return estimate(services_demand(services, nodes), Prices.load(own=made_up(**usd)))


def amounts(usd: Range) -> tuple[str, str, str]:
    return f"{usd.low:.2f}", f"{usd.expected:.2f}", f"{usd.high:.2f}"


def always(amount: str) -> tuple[str, str, str]:
    return amount, amount, amount


def test_a_service_that_takes_the_only_gpu_of_a_node_pays_for_the_node() -> None:
    ollama = Service(name="ollama", cpu=2, memory=8, gpus=1, replicas=ONE)

    found = of_services(ollama)

    # 1.006 * 730
    assert amounts(found.total) == always("734.38")
    assert [line.what for line in found.lines] == ["1 × 1.000 of g5.xlarge"]


def test_services_without_gpus_pay_their_part_of_a_node_and_their_storage() -> None:
    by_cpu = Service(name="gateway", cpu=1.96, memory=2, replicas=Range.exactly(2))
    by_memory = Service(
        name="redis",
        cpu=0.5,
        memory=7081 / 1024,
        replicas=ONE,
        volumes=(Storage(name="data", gibibytes=100),),
    )

    found = of_services(by_cpu, by_memory, volume="0.08")

    # half a node twice: 0.2016 * 730 = 147.168; half a node once: 73.584; 100 * 0.08 = 8
    assert {name: amounts(usd) for name, usd in found.by_subject.items()} == {
        "gateway": always("147.17"),
        "redis": always("81.58"),
    }
    assert amounts(found.total) == always("228.75")
    assert found.prices_of == (date(2026, 7, 20), date(2026, 8, 1))


def test_a_cluster_of_our_own_pays_control_plane_network_pools_and_the_fee_of_auto_mode() -> None:
    infrastructure = Infrastructure(
        nat_gateways=2,
        pools=(
            Pool(name="general", instance_types=("m6i.large",), nodes=Range.exactly(2), disk=50),
            Pool(
                name="gpu", instance_types=("g6.xlarge",), nodes=Range.between(0, 1, 2), spot=True
            ),
        ),
    )
    own = made_up(
        control_plane="0.1", nat_gateway="0.045", volume="0.08", auto_mode__m6i_large="0.01152"
    )
    own["auto-mode/m6i.large"] = own.pop("auto-mode/m6i-large")
    own |= {"spot/g6.xlarge": made_up(spot="0.3")["spot"]}

    found = estimate(infrastructure_demand(infrastructure), Prices.load(own=own))

    assert [(line.subject, line.what, amounts(line.usd)) for line in found.lines] == [
        # 0.096 * 2 * 730
        ("pool general", "m6i.large, on demand", always("140.16")),
        # 0.01152 * 2 * 730 = 16.8192
        ("pool general", "EKS Auto Mode's fee for m6i.large", always("16.82")),
        # 0.08 * 50 * 2
        ("pool general", "disks of 50 GiB", always("8.00")),
        # 0.3 * 730; at worst two nodes on demand, 0.8048 * 2 * 730 = 1175.008
        ("pool gpu", "g6.xlarge, spot", ("0.00", "219.00", "1175.01")),
        ("cluster", "control plane", always("73.00")),
        # 0.045 * 2 * 730
        ("network", "2 NAT gateways", always("65.70")),
    ]
    assert amounts(found.total) == ("303.68", "522.68", "1478.69")
    assert (
        NotCounted(
            subject="pool gpu",
            what="EKS Auto Mode's fee for g6.xlarge",
            reason="no price in us-east-1; set cost.prices with auto-mode/g6.xlarge",
        )
        in found.not_counted
    )


def test_a_pool_of_several_types_costs_from_the_cheapest_to_the_dearest() -> None:
    pool = Pool(
        name="gpu",
        instance_types=("g6.xlarge", "g5.xlarge"),
        nodes=Range.exactly(1),
        auto_mode=False,
    )

    found = estimate(
        infrastructure_demand(Infrastructure(pools=(pool,), control_planes=0)), Prices.load()
    )

    # 0.8048 * 730 = 587.504; 1.006 * 730
    assert amounts(found.total) == ("587.50", "587.50", "734.38")


def test_spot_nodes_without_a_spot_price_cost_what_they_cost_on_demand_and_the_line_says_so() -> (
    None
):
    pool = Pool(name="gpu", instance_types=("g6.xlarge",), nodes=ONE, spot=True, auto_mode=False)

    found = estimate(infrastructure_demand(Infrastructure(pools=(pool,))), Prices.load())

    assert amounts(found.lines[0].usd) == always("587.50")
    assert "none is set for spot/g6.xlarge" in found.lines[0].what


def test_what_has_no_price_or_no_quantity_is_listed_and_adds_nothing() -> None:
    agent = Service(name="node-exporter", cpu=1, memory=1, replicas=ONE, per_node=True)
    front = Service(
        name="gateway", cpu=1, memory=1, replicas=ONE, load_balancer=True, jobs=("warm-up",)
    )
    gpus = Service(name="ollama", cpu=1, memory=1, gpus=1, replicas=ONE)

    found = of_services(agent, front, gpus, nodes=Nodes())

    assert amounts(found.total) == always("0.00")
    assert {(each.subject, each.what): each.reason for each in found.not_counted} == {
        ("node-exporter", "compute"): (
            "a copy runs on every node, and how many there are is not known"
        ),
        ("gateway", "compute"): "what its nodes are is not known; set cost.node_type",
        ("gateway", "job warm-up"): "it runs and ends",
        ("gateway", "load balancer"): "no price in us-east-1; set cost.prices with load-balancer",
        ("ollama", "compute"): "what its nodes are is not known; set cost.gpu_node_type",
        ("cluster", "control plane"): "it belongs to the existing cluster",
        ("cluster", "unused room and system of its nodes"): "it belongs to the existing cluster",
        ("cluster", "NAT and endpoints"): "it belongs to the existing cluster",
        ("cluster", "data transfer, requests and logs"): "they follow the traffic",
    }


def test_a_service_that_is_larger_than_its_nodes_is_priced_and_remarked_on() -> None:
    ollama = Service(name="ollama", cpu=4, memory=8, gpus=1, replicas=ONE)

    found = of_services(ollama)

    # 4 of the 3.92 cores that pods may use: 4 / 3.92 * 734.38 = 749.367…
    assert amounts(found.total) == always("749.37")
    assert found.remarks == (
        "ollama asks for 4 CPU cores; g5.xlarge offers pods 3.92, so it fits no such node",
    )


@pytest.mark.parametrize(
    ("exact", "shown"),
    [("0.004", "0.00"), ("0.005", "0.01"), ("1.235", "1.24"), ("1.2349", "1.23")],
)
def test_a_line_is_rounded_to_cents_half_up(exact: str, shown: str) -> None:
    need = Need(subject="a", what="b", quantity=ONE, any_of=("volume",))

    found = estimate(Demand(needs=(need,)), Prices.load(own=made_up(volume=exact)))

    assert amounts(found.lines[0].usd) == always(shown)


def test_the_total_is_the_sum_of_what_is_printed() -> None:
    thirds = Need(subject="a", what="b", quantity=ONE, any_of=("volume",))

    found = estimate(Demand(needs=(thirds, thirds)), Prices.load(own=made_up(volume="0.005")))

    assert amounts(found.total) == always("0.02")
