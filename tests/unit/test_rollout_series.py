"""Values that are no counts become faults in words, never numbers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rf.rollout.core import Fault, buckets, count


@given(st.integers(0, 2**53))
def test_one_whole_number_is_a_count(value: int) -> None:
    assert count([float(value)], "requests") == value


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "no series"),
        ([1.0, 2.0], "2 series instead of one"),
        ([math.nan], "nan"),
        ([math.inf], "inf"),
        ([-1.0], "-1"),
        ([1.5], "1.5"),
    ],
)
def test_anything_else_is_a_fault_that_names_the_series(values: list[float], words: str) -> None:
    found = count(values, "requests of ollama_canary")

    assert isinstance(found, Fault)
    assert "requests of ollama_canary" in found.reason
    assert words in found.reason


def test_buckets_come_in_the_order_of_their_bounds() -> None:
    assert buckets({math.inf: 9.0, 5000.0: 7.0, 100.0: 3.0}, (100, 5000), "durations") == (3, 7, 9)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({100.0: 1.0, math.inf: 2.0}, "no bucket at 5000 ms"),
        ({100.0: 1.0, 5000.0: 2.0}, "no bucket at inf ms"),
        ({100.0: 1.0, 5000.0: math.nan, math.inf: 2.0}, "at 5000 ms: the value is nan"),
        ({100.0: 3.0, 5000.0: 2.0, math.inf: 3.0}, "less than the one below"),
    ],
)
def test_a_histogram_with_a_hole_is_a_fault(found: dict[float, float], words: str) -> None:
    result = buckets(found, (100, 5000), "durations")

    assert isinstance(result, Fault)
    assert words in result.reason
