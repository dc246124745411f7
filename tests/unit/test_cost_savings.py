"""What the guide's hints save, worked out by hand."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cost import Prices, Range, savings
from cost.instances import instances
from cost.services import Service

PRICES = Prices.load()
LARGE = instances()["g6e.xlarge"]
OLLAMA = Service(name="ollama", cpu=2, memory=8, gpus=1, replicas=Range.exactly(2))


def test_nights_and_weekends_without_replicas_save_103_of_168_hours() -> None:
    none = savings.off_hours(OLLAMA, LARGE, PRICES, keep=0)
    one = savings.off_hours(OLLAMA, LARGE, PRICES, keep=1)
    all_of_them = savings.off_hours(OLLAMA, LARGE, PRICES, keep=2)

    # 1.861 * 730 * 103 / 168 = 832.908…, for each replica
    assert (none, one, all_of_them) == (
        Decimal("1665.82"),
        Decimal("832.91"),
        Decimal(0),
    )


def test_the_cheapest_type_that_holds_the_models_is_named_and_then_smaller_ones() -> None:
    found = [
        (each.node_type, round(each.gpu_memory, 1), each.saving)
        for each in savings.cheaper(OLLAMA, LARGE, PRICES, models=Decimal(20))
    ]

    # for two replicas and 730 hours
    assert found == [
        # saves 1.861 - 0.8048 an hour
        ("g6.xlarge", Decimal("22.5"), Decimal("1542.05")),
        # saves 1.861 - 0.526 an hour
        ("g4dn.xlarge", Decimal("15.0"), Decimal("1949.10")),
    ]


def test_models_may_take_all_of_a_gpus_memory() -> None:
    (found,) = savings.cheaper(OLLAMA, LARGE, PRICES, models=Decimal(15))

    assert (found.node_type, found.gpu_memory) == ("g4dn.xlarge", Decimal(15))


def test_models_that_need_all_of_a_gpu_have_only_smaller_alternatives() -> None:
    found = [*savings.cheaper(OLLAMA, LARGE, PRICES, models=Decimal(44))]

    assert [each.node_type for each in found] == ["g4dn.xlarge", "g6.xlarge"]


def test_a_type_that_the_service_does_not_fit_is_no_alternative() -> None:
    # 16 GiB of memory, of which pods may use 14.1, on the smallest types of the other families
    hungry = Service(name="ollama", cpu=2, memory=16, gpus=1, replicas=Range.exactly(1))

    found = [*savings.cheaper(hungry, LARGE, PRICES, models=Decimal(10))]

    assert [each.node_type for each in found] == ["g4dn.2xlarge"]


def test_nothing_is_cheaper_than_the_cheapest() -> None:
    node = instances()["g4dn.xlarge"]

    assert not [*savings.cheaper(OLLAMA, node, PRICES, models=Decimal(1))]


def test_a_service_that_fits_no_node_saves_nothing() -> None:
    huge = Service(name="ollama", cpu=200, memory=8, gpus=1, replicas=Range.exactly(1))

    assert savings.hourly(huge, LARGE, PRICES) is None
    assert savings.off_hours(huge, LARGE, PRICES, keep=0) == 0
    assert not [*savings.cheaper(huge, LARGE, PRICES, models=Decimal(1))]


def test_a_cache_saves_what_it_answers_and_batching_what_it_joins() -> None:
    assert savings.by_cache(Decimal(1000), Decimal("0.3")) == 300
    assert savings.by_batching(Decimal(1000), Decimal(4)) == 750
    assert savings.by_batching(Decimal(1000), Decimal(1)) == 0


@given(
    spent=st.decimals(0, 100_000, places=2),
    rate=st.decimals(0, 1, places=3),
    gain=st.decimals(1, 100, places=2),
)
def test_no_more_is_saved_than_is_spent(spent: Decimal, rate: Decimal, gain: Decimal) -> None:
    assert 0 <= savings.by_cache(spent, rate) <= spent
    assert 0 <= savings.by_batching(spent, gain) <= spent
