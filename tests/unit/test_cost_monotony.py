"""Whoever asks for more never pays less."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from components.budget.monthly import by_the_clock
from components.schedules import ScheduleArgs, WindowArgs
from cost import Prices, Range, estimate
from cost.infrastructure import Infrastructure, Pool
from cost.infrastructure import demand as infrastructure_demand
from cost.instances import instances
from cost.services import Nodes, Service, Storage
from cost.services import demand as services_demand
from tests.unit.test_cost_estimate import made_up

PRICES = Prices.load(own=made_up(volume="0.08", shared_volume="0.3", load_balancer="0.0225"))
AMOUNTS = st.floats(min_value=0.01, max_value=500, allow_nan=False)
COUNTS = st.integers(min_value=0, max_value=50)
RANGES = st.lists(COUNTS, min_size=3, max_size=3).map(lambda n: Range.between(*sorted(n)))
STORAGE = st.builds(Storage, name=st.just("data"), gibibytes=AMOUNTS, shared=st.booleans())
SERVICES = st.builds(
    Service,
    name=st.sampled_from(["ollama", "redis", "gateway"]),
    cpu=AMOUNTS,
    memory=AMOUNTS,
    gpus=st.integers(min_value=0, max_value=8),
    replicas=RANGES,
    volumes=st.lists(STORAGE, max_size=2).map(tuple),
    load_balancer=st.booleans(),
)
WITH_GPUS = [name for name, each in instances().items() if each.gpus]
NODES = st.builds(Nodes, general=st.sampled_from([*instances()]), gpu=st.sampled_from(WITH_GPUS))


def total(services: list[Service], nodes: Nodes) -> Range:
    return estimate(services_demand(services, nodes), PRICES).total


def assert_not_lower(after: Range, before: Range) -> None:
    assert after.low >= before.low
    assert after.expected >= before.expected
    assert after.high >= before.high


def raised(service: Service, data: st.DataObject) -> Service:
    """``service`` with one thing raised. Its first GPU would move it to other nodes."""
    fields = ["cpu", "memory", "replicas", *(["volumes"] if service.volumes else [])]
    field = data.draw(st.sampled_from([*fields, *(["gpus"] if service.gpus else [])]))
    more: dict[str, Any] = {
        "cpu": service.cpu + data.draw(AMOUNTS),
        "memory": service.memory + data.draw(AMOUNTS),
        "gpus": service.gpus + 1,
        "replicas": service.replicas + data.draw(RANGES),
        "volumes": tuple(
            replace(each, gibibytes=each.gibibytes + data.draw(AMOUNTS)) for each in service.volumes
        ),
    }
    return replace(service, **{field: more[field]})


@given(services=st.lists(SERVICES, min_size=1, max_size=4), nodes=NODES, data=st.data())
def test_a_larger_service_or_more_of_it_never_costs_less(
    services: list[Service], nodes: Nodes, data: st.DataObject
) -> None:
    before = total(services, nodes)

    services[0] = raised(services[0], data)

    assert_not_lower(total(services, nodes), before)


@given(services=st.lists(SERVICES, max_size=3), one_more=SERVICES, nodes=NODES)
def test_one_more_service_never_costs_less(
    services: list[Service], one_more: Service, nodes: Nodes
) -> None:
    assert_not_lower(total([*services, one_more], nodes), total(services, nodes))


@given(
    types=st.lists(st.sampled_from([*instances()]), min_size=1, max_size=3, unique=True),
    nodes=RANGES,
    more=RANGES,
    spot=st.booleans(),
)
def test_more_nodes_never_cost_less(
    types: list[str], nodes: Range, more: Range, *, spot: bool
) -> None:
    pool = Pool(name="gpu", instance_types=tuple(types), nodes=nodes, spot=spot, disk=100)

    def cost(pool: Pool) -> Range:
        return estimate(infrastructure_demand(Infrastructure(pools=(pool,))), PRICES).total

    assert_not_lower(cost(replace(pool, nodes=nodes + more)), cost(pool))


@given(
    hours=st.lists(st.integers(0, 23), min_size=3, max_size=3, unique=True).map(sorted),
    outside=st.integers(min_value=0, max_value=3),
    replicas=st.integers(min_value=4, max_value=9),
    more=st.integers(min_value=0, max_value=3),
)
def test_a_longer_window_or_more_replicas_in_it_never_cost_less(
    hours: list[int], outside: int, replicas: int, more: int
) -> None:
    start, end, later = hours

    def cost(end: int, replicas: int) -> Range:
        window = WindowArgs(
            name="day",
            start=f"0 {start} * * mon-fri",
            end=f"0 {end} * * mon-fri",
            replicas=replicas,
        )
        schedule = ScheduleArgs(timezone="UTC", outside=outside, windows=(window,))
        service = Service(name="ollama", cpu=1, memory=1, gpus=1, replicas=by_the_clock(schedule))
        return total([service], Nodes(gpu="g5.xlarge"))

    before = cost(end, replicas)

    assert_not_lower(cost(later, replicas + more), before)
