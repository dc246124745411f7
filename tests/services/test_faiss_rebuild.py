"""A rebuild that somebody asks for (guide, "FAISS Index Optimization")."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.services.faiss_client import nearest, start, until, vectors

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer

REBUILD = "/indexes/papers/rebuild"
LISTS = 64
COUNT = 40_000


def test_while_an_index_is_rebuilt_the_old_one_answers_as_before(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    data = server.fill(COUNT, dimension=32, index_type=f"IVF{LISTS},Flat")
    server.until_built()
    queries = vectors(10, 32, seed=1)
    exact = nearest(data, queries, 5)
    meanwhile = []

    def rebuilt_while_searched() -> bool:
        """Once more where the server is at it by itself, or where it was done too soon."""
        if server.call("POST", REBUILD).status_code == 202:
            while server.good("GET", REBUILD)["state"] == "running":
                # Every list is looked into, so that the answer is the exact one.
                meanwhile.append(server.search(queries, 5, nprobe=LISTS))
        return bool(meanwhile)

    until(rebuilt_while_searched, "a search during a rebuild")

    assert all(np.array_equal(found, exact) for found in meanwhile)
    assert server.good("GET", REBUILD)["state"] == "done"
    assert np.array_equal(server.search(queries, 5, nprobe=LISTS), exact)


def test_a_rebuild_of_too_few_vectors_says_how_many_it_needs(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start(start_server, tmp_path)
    server.fill(10, index_type="IVF16,Flat")

    refusal = server.refused(409, "POST", REBUILD)

    assert "16" in refusal
    assert server.count() == 10
