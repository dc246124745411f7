"""The API of the FAISS server: what it answers, and what it refuses with a reason."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from services.faiss_server.faiss_server import serving
from services.faiss_server.faiss_server.api import codec
from tests.services.faiss_client import BINARY, nearest, reason_of, start, vectors
from tests.services.server_process import SERVICES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer
    from tests.services.faiss_client import Faiss

SEARCH, ADD, REMOVE = (f"/indexes/papers/{what}" for what in ("search", "vectors", "remove"))
VECTOR = [1.0] * 8


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path) -> Faiss:
    return start(start_server, tmp_path, max_body="1MB")


# Indexes


def test_an_index_is_created_described_listed_and_dropped(server: Faiss) -> None:
    made = server.call("PUT", "/indexes/papers", {"dimension": 8, "metric": "ip"})
    again = server.call("PUT", "/indexes/papers", {"dimension": 8, "metric": "ip"})

    assert (made.status_code, again.status_code) == (201, 200)
    described = server.good("GET", "/indexes/papers")
    assert described["index_type"] == "IVF,PQ"
    assert server.good("GET", "/indexes")["indexes"] == [described]
    server.refused(409, "PUT", "/indexes/papers", {"dimension": 9, "metric": "ip"})
    server.good("DELETE", "/indexes/papers")
    assert server.good("GET", "/indexes") == {"indexes": []}
    server.refused(404, "GET", "/indexes/papers")


# Searching


@pytest.mark.parametrize("metric", ["l2", "ip", "cosine"])
def test_what_is_searched_exactly_is_found_exactly(server: Faiss, metric: str) -> None:
    data = server.fill(500, metric=metric)
    queries = vectors(7, seed=1)

    found = server.search(queries, 5)

    similar = data if metric != "cosine" else data / np.linalg.norm(data, axis=1)[:, None]
    products = np.argsort(-(queries @ similar.T), axis=1)[:, :5]
    assert np.array_equal(found, nearest(data, queries, 5) if metric == "l2" else products)


def test_json_and_the_binary_form_say_the_same(server: Faiss) -> None:
    data = vectors(20)
    server.create()
    server.good("POST", ADD, {"ids": list(range(10)), "vectors": data[:10].tolist()})
    server.add(np.arange(10, 20), data[10:])

    as_json = server.good("POST", SEARCH, {"vectors": data[:3].tolist(), "k": 4})
    answer = server.call("POST", f"{SEARCH}?k=4", content=codec.pack(None, data[:3]))
    distances, ids = codec.unpack_found(answer.content)

    assert as_json["ids"] == ids.tolist() == nearest(data, data[:3], 4).tolist()
    assert as_json["distances"] == pytest.approx(distances)
    assert answer.headers["content-type"] == codec.BINARY


def test_what_was_removed_is_not_found_and_what_was_replaced_is_found_where_it_went(
    server: Faiss,
) -> None:
    data = server.fill(100)
    far = data[:1] + 100

    removed = server.good("POST", REMOVE, {"ids": [5, 6, 1000]})
    moved = {"ids": [0], "vectors": far.tolist(), "replace": True}
    replaced = server.good("POST", ADD, moved)

    assert (removed["removed"], removed["missing"]) == (2, 1)
    assert (replaced["added"], replaced["replaced"]) == (1, 1)
    assert server.count() == 98
    assert not {5, 6} & set(server.search(data[5:7], 90).ravel().tolist())
    assert server.search(far, 1).tolist() == [[0]]
    assert server.search(data[:1], 1).tolist() != [[0]]


def test_a_removed_id_may_come_back(server: Faiss) -> None:
    data = server.fill(3)
    server.good("POST", REMOVE, {"ids": [1]})

    assert server.add(np.array([1]), data[:1] + 50).is_success
    assert server.search(data[:1] + 50, 1).tolist() == [[1]]


def test_an_answer_never_waits_for_the_acknowledgement_of_its_headers() -> None:
    """Nagle's algorithm and delayed acknowledgements together would cost 40 ms, each time."""
    with (
        serving.listen("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


# Refusals


def padded(ids: list[int], count: int) -> bytes:
    """A binary body whose header announces ``count`` vectors and ids, whatever it holds."""
    return codec.HEADER.pack(b"RFV1", 8, count, 1) + np.array(ids, "<i8").tobytes()


NAN = codec.pack(np.array([7]), np.array([[*VECTOR[:7], np.nan]], np.float32))
INFINITE = codec.pack(np.array([7]), np.array([[*VECTOR[:7], -np.inf]], np.float32))
NEGATIVE = codec.pack(np.array([-1]), np.array([VECTOR], np.float32))
REFUSED_BODIES: dict[str, tuple[str, Any, str]] = {
    "wrong dimension": (ADD, {"ids": [9], "vectors": [[1.0, 2.0]]}, "and papers has 8"),
    "wrong dimension of a query": (SEARCH, {"vectors": [[1.0]], "k": 1}, "and papers has 8"),
    "NaN": (ADD, NAN, "vector 0 holds NaN"),
    "infinity": (ADD, INFINITE, "vector 0 holds NaN, an infinity"),
    "NaN as JSON": (ADD, b'{"ids": [9], "vectors": [[NaN]]}', "NaN is not a number"),
    "infinite as float32": (ADD, {"ids": [9], "vectors": [[1e39] * 8]}, "32 bits"),
    "NaN in a query": (SEARCH, codec.pack(None, np.array([[np.nan] * 8], np.float32)), "NaN"),
    "an id twice": (ADD, {"ids": [9, 9], "vectors": [VECTOR, VECTOR]}, "more than once, such as 9"),
    "ids of text": (ADD, {"ids": ["9"], "vectors": [VECTOR]}, "a list of numbers"),
    "an id that is no whole number": (ADD, {"ids": [1.5], "vectors": [VECTOR]}, "whole numbers"),
    "an id beyond 64 bits": (ADD, {"ids": [2**63], "vectors": [VECTOR]}, "whole numbers"),
    "a negative id": (ADD, NEGATIVE, "-1 is no id"),
    "no ids": (ADD, {"vectors": [VECTOR]}, "ids must be"),
    "more vectors than ids": (ADD, {"ids": [9], "vectors": [VECTOR] * 2}, "1 ids and 2 vectors"),
    "ragged vectors": (ADD, {"ids": [9, 8], "vectors": [VECTOR, [1.0]]}, "of one length"),
    "vectors of text": (ADD, {"ids": [9], "vectors": [["1"] * 8]}, "lists of numbers"),
    "nothing": (ADD, {"ids": [], "vectors": []}, "there are no ids"),
    "an unknown key": (ADD, {"ids": [9], "vectors": [VECTOR], "upsert": True}, "unknown key"),
    "a list": (ADD, [1], "must be a JSON object"),
    "no JSON": (ADD, b"{", "not JSON"),
    "deep JSON": (ADD, b"[" * 100_000, "not JSON"),
    "an empty body": (ADD, b"", "not JSON"),
    "a short binary body": (ADD, padded([1], 1), "bytes instead of"),
    "a binary body of another length": (ADD, padded([1], 2**31), "bytes instead of"),
    "a binary body without its header": (ADD, b"RFV1", "its header alone"),
    "another binary form": (ADD, b"PNG\r" + bytes(12), "does not begin with RFV1"),
    "k beyond the index": (SEARCH, {"vectors": [VECTOR], "k": 11}, "papers holds 10 vectors"),
    "k of 0": (SEARCH, {"vectors": [VECTOR], "k": 0}, "it may be 1 to 1000"),
    "an enormous k": (SEARCH, {"vectors": [VECTOR], "k": 10**30}, "it may be 1 to 1000"),
    "k that is true": (SEARCH, {"vectors": [VECTOR], "k": True}, "whole numbers"),
    "nprobe of 0": (SEARCH, {"vectors": [VECTOR], "nprobe": 0}, "at least 1"),
    "removing nothing": (REMOVE, {"ids": []}, "there are no ids"),
}


def test_what_cannot_be_meant_is_a_400_with_its_reason_and_changes_nothing(server: Faiss) -> None:
    data = server.fill(10)

    for name, (path, body, reason) in REFUSED_BODIES.items():
        raw = isinstance(body, bytes)
        binary = raw and (body[:4] in {b"RFV1", b"PNG\r"})
        content = body if raw else json.dumps(body).encode()
        headers = BINARY if binary else {"content-type": "application/json"}
        answer = server.http.post(path, content=content, headers=headers)
        assert reason in reason_of(answer, 400), name

    assert server.count() == 10
    assert server.search(data, 1).ravel().tolist() == list(range(10))
    assert "traceback" not in server.process.stdout.read_text()


def test_an_id_that_is_there_is_refused_unless_it_is_to_be_replaced(server: Faiss) -> None:
    data = server.fill(3)

    assert "such as 1, 2" in reason_of(server.add(np.array([5, 1, 2]), data), 409)
    assert server.count() == 3


def test_a_type_or_size_that_faiss_cannot_build_is_refused_by_name(server: Faiss) -> None:
    for body, reason in (
        ({"dimension": 0}, "from 1 to 16384"),
        ({"dimension": 10**9}, "from 1 to 16384"),
        ({"dimension": 8.5}, "whole number"),
        ({"dimension": 8, "metric": "hamming"}, "l2, ip, cosine"),
        ({"dimension": 8, "index_type": "banana"}, "cannot build 'banana'"),
        ({"dimension": 100, "index_type": "IVF16,PQ7"}, "for dimension 100"),
        ({"dimension": 8, "index_type": "IVF999999999,Flat"}, "cannot build"),
    ):
        assert reason in server.refused(400, "PUT", "/indexes/other", body)
    for name in ("a" * 65, ".hidden", "..\\up", "a b"):
        assert "is no name" in server.refused(400, "PUT", f"/indexes/{name}", {"dimension": 8})
    assert server.good("GET", "/indexes") == {"indexes": []}


def test_another_content_type_is_a_415(server: Faiss) -> None:
    server.create()

    answer = server.http.post(ADD, content=b"x", headers={"content-type": "text/csv"})

    assert "send application/json or application/vnd.researchflow.vectors" in reason_of(answer, 415)


def test_an_enormous_body_is_refused_whether_or_not_it_says_its_length(server: Faiss) -> None:
    server.create()
    announced = server.call("POST", ADD, content=bytes(2_000_000))

    chunked = server.http.post(ADD, content=iter([bytes(700_000)] * 3), headers=BINARY)

    for answer in (announced, chunked):
        assert "exceeds 1000000 bytes (FAISS_MAX_BODY)" in reason_of(answer, 413)
    assert server.count() == 0


def test_statistics_add_up(server: Faiss) -> None:
    server.fill(10)
    server.fill(5, name="other")

    stats = server.good("GET", "/stats")

    assert (stats["indexes"], stats["vectors"], stats["role"]) == (2, 15, "writer")
    assert stats["wal_bytes"] > 15 * 8 * 4


# Its description


def test_the_committed_description_is_the_one_that_is_served(server: Faiss) -> None:
    committed = json.loads((SERVICES / "faiss_server" / "openapi.json").read_text())

    assert server.good("GET", "/openapi.json") == committed, (
        "write it anew: cd services/faiss_server && python -m faiss_server openapi > openapi.json"
    )
