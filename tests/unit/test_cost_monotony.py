"""Whoever asks for more never pays less."""

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from components.budget.monthly import replicas
from components.context import Context
from components.flags import Flags, FlagsArgs
from components.scaling import LoadArgs, OverrideArgs, ScalingArgs, scaled
from components.schedules import ScheduleArgs, WindowArgs
from cost import Prices, Range, estimate
from cost.infrastructure import Infrastructure, Pool
from cost.infrastructure import demand as infrastructure_demand
from cost.instances import instances
from cost.services import Nodes, Service, Storage
from cost.services import demand as services_demand
from tests.unit.test_cost_estimate import made_up

PLAIN = Flags.describe(FlagsArgs(), Context())
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


HOURS = st.lists(st.integers(0, 23), min_size=3, max_size=3, unique=True).map(sorted)


def by_scaling(args: ScalingArgs, started: int) -> Range:
    """What a service costs that starts with so many copies."""
    spec = scaled(replace(PLAIN, replicas=started), args)
    service = Service(name="ollama", cpu=1, memory=1, gpus=1, replicas=replicas(spec))
    return total([service], Nodes(gpu="g5.xlarge"))


def office(start: int, end: int, outside: int, running: int) -> ScheduleArgs:
    window = WindowArgs(
        name="day", start=f"0 {start} * * mon-fri", end=f"0 {end} * * mon-fri", replicas=running
    )
    return ScheduleArgs(timezone="UTC", outside=outside, windows=(window,))


@given(
    hours=HOURS,
    outside=st.integers(min_value=0, max_value=3),
    running=st.integers(min_value=4, max_value=9),
    more=st.integers(min_value=0, max_value=3),
)
def test_a_longer_window_or_more_replicas_in_it_never_cost_less(
    hours: list[int], outside: int, running: int, more: int
) -> None:
    start, end, later = hours

    def cost(end: int, running: int) -> Range:
        return by_scaling(ScalingArgs(schedule=office(start, end, outside, running)), 1)

    before = cost(end, running)

    assert_not_lower(cost(later, running + more), before)


NUMBERS = st.fixed_dictionaries(
    {
        "least": st.integers(min_value=0, max_value=3),
        "started": st.integers(min_value=3, max_value=5),
        "most": st.integers(min_value=6, max_value=9),
        "pinned": st.integers(min_value=1, max_value=12),
    }
)


@given(
    numbers=NUMBERS,
    raised_one=st.sampled_from(["least", "started", "most", "pinned"]),
    scheduled=st.booleans(),
)
def test_raising_any_number_of_a_load_never_takes_fewer_copies(
    numbers: dict[str, int], raised_one: str, *, scheduled: bool
) -> None:
    def copies(least: int, started: int, most: int, pinned: int) -> Range:
        clock = office(7, 20, least, 5) if scheduled else None
        load = LoadArgs(in_flight=4, min=None if scheduled else least, max=most)
        override = OverrideArgs(replicas=pinned, until=date(2027, 1, 1), reason="an incident")
        args = ScalingArgs(load=load, schedule=clock, override=override)
        return replicas(scaled(replace(PLAIN, replicas=started), args))

    before = copies(**numbers)

    assert_not_lower(copies(**{**numbers, raised_one: numbers[raised_one] + 1}), before)
