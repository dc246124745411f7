"""Indexes that faiss itself wrote are taken over, or refused for a reason; none is guessed at."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np
import pytest

from tests.services.faiss_client import Faiss, start, vectors
from tests.services.server_process import environment, run

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.services.conftest import StartServer

COUNT, DIMENSION = 600, 16
DATA = vectors(COUNT, DIMENSION, seed=5)
IDS = np.random.default_rng(7).permutation(10 * COUNT)[:COUNT].astype(np.int64)


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path) -> Faiss:
    return start(start_server, tmp_path / "live")


def built(factory: str, metric: int = faiss.METRIC_L2) -> Any:
    index = faiss.index_factory(DIMENSION, factory, metric)
    index.train(DATA)
    return index


def written(folder: Path, index: Any) -> Path:
    path = folder / "index.faiss"
    faiss.write_index(index, str(path))
    return path


def adopt(
    path: Path, *options: str, server: Faiss | None = None
) -> subprocess.CompletedProcess[str]:
    told = {"FAISS_URL": server.url} if server else {}
    arguments = ("backup", "adopt", str(path), "--index", "papers", *options)
    return run("faiss_server", environment("faiss_server", told, None), *arguments)


def refused(path: Path, *options: str, server: Faiss | None = None) -> str:
    """The one line of a refusal, after a look at its status."""
    done = adopt(path, *options, server=server)
    assert done.returncode == 1, done.stdout
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    "factory", ["Flat", "IVF8,Flat", "HNSW16,Flat", "IVF8_HNSW8,Flat", "PQ4,RFlat"]
)
def test_vectors_and_positions_come_over_exactly(
    factory: str, server: Faiss, tmp_path: Path
) -> None:
    index = built(factory)
    index.add(DATA)

    done = adopt(written(tmp_path, index), server=server)

    assert done.returncode == 0, done.stderr
    assert "adopted papers: 600 vectors of 16 numbers, as they were added" in done.stdout
    assert server.count() == COUNT
    assert server.search(DATA, 1).ravel().tolist() == list(range(COUNT))


@pytest.mark.parametrize("factory", ["IDMap,Flat", "IDMap2,Flat", "IVF8,Flat", "IDMap,HNSW16"])
def test_ids_of_its_own_stay_with_their_vectors(
    factory: str, server: Faiss, tmp_path: Path
) -> None:
    index = built(factory)
    index.add_with_ids(DATA, IDS)

    assert adopt(written(tmp_path, index), server=server).returncode == 0

    assert server.search(DATA, 1).ravel().tolist() == IDS.tolist()


def test_ids_may_be_in_a_file_beside_it(server: Faiss, tmp_path: Path) -> None:
    index = built("Flat")
    index.add(DATA)
    (tmp_path / "ids.json").write_text(json.dumps(IDS.tolist()))

    done = adopt(written(tmp_path, index), "--ids", str(tmp_path / "ids.json"), server=server)

    assert done.returncode == 0, done.stderr
    assert server.search(DATA, 1).ravel().tolist() == IDS.tolist()


def test_the_metric_is_the_one_it_was_made_with(server: Faiss, tmp_path: Path) -> None:
    index = built("Flat", faiss.METRIC_INNER_PRODUCT)
    index.add(DATA)

    assert adopt(written(tmp_path, index), server=server).returncode == 0

    assert server.good("GET", "/indexes/papers")["metric"] == "ip"
    _, expected = index.search(DATA[:20], 5)
    assert (server.search(DATA[:20], 5) == expected).all()


@pytest.mark.parametrize("factory", ["IVF8,PQ4x4", "PQ4x4", "SQ8", "OPQ4,IVF8,PQ4x4", "IVF8,SQ8"])
def test_codes_are_decoded_only_where_that_is_accepted(
    factory: str, server: Faiss, tmp_path: Path
) -> None:
    index = built(factory)
    index.add(DATA)
    path = written(tmp_path, index)

    assert "--accept-approximate" in refused(path, server=server)
    assert server.good("GET", "/indexes")["indexes"] == []
    done = adopt(path, "--accept-approximate", server=server)

    assert done.returncode == 0, done.stderr
    assert "decoded" in done.stdout
    assert server.count() == COUNT


def test_a_dry_run_says_what_it_would_do_and_asks_no_server(tmp_path: Path) -> None:
    index = built("IVF8,Flat")
    index.add_with_ids(DATA, IDS)

    done = adopt(written(tmp_path, index), "--dry-run")

    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "nothing was changed: papers: 600 vectors of 16 numbers, as they were added; metric l2; "
        f"ids {IDS.min()} to {IDS.max()}; from an IndexIVFFlat\n"
    )


def test_an_index_that_the_server_has_is_left_as_it_is(server: Faiss, tmp_path: Path) -> None:
    server.fill(3, DIMENSION)
    index = built("Flat")
    index.add(DATA)

    assert "has an index papers already" in refused(written(tmp_path, index), server=server)
    assert server.count() == 3


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_that_is_none_is_found_before_anything_is_made(
    value: float, server: Faiss, tmp_path: Path
) -> None:
    data = DATA.copy()
    data[-1, 3] = value
    index = faiss.IndexFlatL2(DIMENSION)
    index.add(data)

    assert "NaN, an infinity" in refused(written(tmp_path, index), server=server)
    assert server.good("GET", "/indexes")["indexes"] == []


def filled(index: Any, ids: Any = None) -> Any:
    if ids is None:
        index.add(DATA)
    else:
        index.add_with_ids(DATA, ids)
    return index


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (lambda: faiss.IndexFlatL2(DIMENSION), "is empty"),
        (lambda: filled(built("LSH")), "IndexLSH is a kind whose vectors cannot be read"),
        (lambda: filled(built("Flat", faiss.METRIC_L1)), "its metric is number 2"),
        (lambda: filled(built("IDMap,Flat"), np.zeros(COUNT, np.int64)), "more than once"),
        (lambda: filled(built("IVF8,Flat"), np.zeros(COUNT, np.int64)), "more than once"),
        (lambda: filled(built("IDMap,Flat"), -1 - IDS), "is no id"),
    ],
    ids=["empty", "kind", "metric", "twice", "twice in lists", "negative"],
)
def test_what_would_have_to_be_guessed_is_refused(index: Any, said: str, tmp_path: Path) -> None:
    assert said in refused(written(tmp_path, index()), "--dry-run")


def test_ids_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, filled(built("Flat")))
    own = tmp_path / "own"
    own.mkdir()
    with_ids = written(own, filled(built("IDMap,Flat"), IDS))
    files = {
        "few.json": json.dumps([1, 2]).encode(),
        "text.json": json.dumps(["a"] * COUNT).encode(),
        "broken.json": b"{",
        "evil.npy": pickle.dumps(IDS),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    def said(file: str, index: Path = path) -> str:
        return refused(index, "--ids", str(tmp_path / file), "--dry-run")

    assert "there are 2 ids for 600 vectors" in said("few.json")
    for name in ("text.json", "broken.json", "evil.npy", "missing.json"):
        assert "holds no" in said(name)
    assert "has ids of its own" in said("few.json", with_ids)


@pytest.mark.parametrize("content", [b"", b"IxF2", b"no index at all", pickle.dumps(DATA)])
def test_what_is_no_index_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "index.faiss"
    path.write_bytes(content)

    assert "is no index that faiss" in refused(path, "--dry-run")
    assert "is no file" in refused(tmp_path / "missing", "--dry-run")
