"""What an index holds, compared with a dictionary; and its sizes, derived from the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.faiss_server.faiss_server.built import Built, Origin
from services.faiss_server.faiss_server.contents import Contents
from services.faiss_server.faiss_server.id_map import IdMap
from services.faiss_server.faiss_server.index_type import require_buildable
from services.faiss_server.faiss_server.planner import POINTS_PER_CENTROID, lists_for, plan
from tests.services.faiss_client import nearest, vectors

if TYPE_CHECKING:
    from pathlib import Path

    from services.faiss_server.faiss_server.arrays import Floats

DIMENSION = 8
TYPES = ["IVF4,Flat", "HNSW8", "PQ4x4", "IVF4,PQ4x4fs", "SQ8", "LSH", "PCA4,IVF4,Flat", "NSG8"]

Step = tuple[str, list[int]]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "remove", "fold"]),
        st.lists(st.integers(0, 60), min_size=1, max_size=30, unique=True),
    ),
    min_size=1,
    max_size=12,
)


def played(path: Path, steps: list[Step]) -> tuple[Contents, dict[int, Floats]]:
    """Contents and a dictionary after the same steps; a built exact index takes rows in."""
    contents, model = Contents(path, DIMENSION, "l2"), {}  # type: Contents, dict[int, Floats]
    origin = Origin(build="b", factory="Flat")
    contents.built = Built.train(DIMENSION, "l2", vectors(1), origin)
    for seed, (step, ids) in enumerate(steps):
        if step == "add":
            data = vectors(len(ids), DIMENSION, seed)
            contents.rows.stage(data)
            contents.add(np.array(ids))
            model |= dict(zip(ids, data, strict=True))
        elif step == "remove":
            removed = contents.remove(np.array(ids))
            assert removed == sum(model.pop(number, None) is not None for number in ids)
        else:
            contents.fold(contents.rows.count)
    return contents, model


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_after_any_steps_the_same_is_found_as_in_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    contents, model = played(tmp_path_factory.mktemp("contents") / "rows", steps)

    assert contents.vectors == len(model)
    if model:
        queries, k = vectors(3, DIMENSION, 99), min(4, len(model))
        distances, found = contents.search(queries, k, None)
        ids, stored = np.array(list(model)), np.array(list(model.values()))
        assert np.array_equal(found, ids[nearest(stored, queries, k)])
        true = ((queries[:, None] - stored[nearest(stored, queries, k)]) ** 2).sum(axis=2)
        assert np.allclose(distances, true, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("index_type", TYPES)
def test_no_kind_of_index_finds_what_was_removed(tmp_path: Path, index_type: str) -> None:
    contents, data = Contents(tmp_path / "rows", DIMENSION, "l2"), vectors(400)
    contents.built = Built.train(DIMENSION, "l2", data, Origin(build="b", factory=index_type))
    contents.rows.stage(data)
    contents.add(np.arange(400))
    while contents.waiting > 144:
        contents.fold(contents.rows.count)
    dead = np.arange(0, 400, 2)

    contents.remove(dead)
    _, found = contents.search(data[:50], 20, 4)

    assert not np.isin(found, dead).any()
    assert (found >= 0).any(axis=1).all()


@given(
    puts=st.lists(st.lists(st.integers(0, 50), min_size=1, unique=True), max_size=10),
    asked=st.lists(st.integers(0, 60), min_size=1),
)
def test_an_id_leads_to_where_it_was_put_last(puts: list[list[int]], asked: list[int]) -> None:
    empty = np.empty(0, np.int64)
    ids, model, row = IdMap(empty, empty), {}, 0  # type: IdMap, dict[int, int], int
    for numbers in puts:
        rows = np.arange(row, row + len(numbers))
        ids.put(np.array(numbers), rows)
        model |= dict(zip(numbers, rows.tolist(), strict=True))
        row += len(numbers)

    assert ids.find(np.array(asked)).tolist() == [model.get(number, -1) for number in asked]


# Sizes


@pytest.mark.parametrize("dimension", [8, 100, 101, 384, 768, 1024, 1536])
@pytest.mark.parametrize("count", [10_000, 100_000, 1_000_000])
def test_the_guides_type_gets_sizes_that_faiss_can_build_and_the_data_can_train(
    dimension: int, count: int
) -> None:
    made = plan("IVF,PQ", vectors=count, dimension=dimension)

    index = faiss.index_factory(dimension, made.factory)
    assert index.d == dimension
    assert made.needed <= count
    assert made.needed <= made.sample <= count


def test_the_sizes_of_the_guides_type_for_common_models() -> None:
    assert plan("IVF,PQ", vectors=100_000, dimension=768).factory == "IVF1024,PQ96"
    assert plan("IVF,PQ", vectors=1_000_000, dimension=768).factory == "IVF4096,PQ96"
    assert plan("IVF,PQ", vectors=100_000, dimension=101).factory == "Pad104,IVF1024,PQ13"


@given(st.integers(0, 10**9))
def test_there_are_never_more_lists_than_can_be_trained(count: int) -> None:
    lists = lists_for(count)

    assert 16 <= lists <= 65_536
    assert lists == 16 or lists * POINTS_PER_CENTROID <= count


@pytest.mark.parametrize("index_type", ["Flat", "IVF,Flat", "HNSW32", "OPQ16_64,IVF256,PQ16"])
def test_other_types_are_taken_as_they_are(index_type: str) -> None:
    require_buildable(index_type, 768)

    made = plan(index_type, vectors=100_000, dimension=768)

    assert made.factory == index_type.replace("IVF,", "IVF1024,")
