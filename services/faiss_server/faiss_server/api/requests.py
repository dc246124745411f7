"""What a request asks for, read from its body and its query string; everything raises Invalid."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Invalid, UnknownFormat
from ..index_type import require_buildable
from ..neighbours import METRICS
from ..record import Spec
from . import codec
from .admission import number, switch

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from ..arrays import Floats, Ids

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
LARGEST_DIMENSION = 16_384
MOST_NEIGHBOURS = 1000
MOST_ANSWERS = 2**18
"""Neighbours of all queries of one request together."""
JSON = "application/json"
DEFAULT_K = 10


@dataclass(frozen=True)
class Search:
    """What a search asks for, and whether it is answered in binary."""

    queries: Floats
    k: int
    nprobe: int | None
    binary: bool


@dataclass(frozen=True, eq=False)
class Addition:
    """Vectors to add. ``replace``: their ids may be there already."""

    ids: Ids
    vectors: Floats
    replace: bool


def read_spec(name: str, body: bytes, default_type: str) -> Spec:
    """The index that a body describes."""
    if not NAME.fullmatch(name):
        raise Invalid(
            f"{name[:70]!a} is no name: up to 64 letters, digits, dots, hyphens and "
            "underscores, beginning with a letter or digit"
        )
    tree = codec.tree_of(body, frozenset({"dimension", "metric", "index_type"}))
    dimension, metric = tree.get("dimension"), tree.get("metric", "l2")
    index_type = tree.get("index_type", default_type)
    if type(dimension) is not int or not 1 <= dimension <= LARGEST_DIMENSION:
        raise Invalid(f"dimension must be a whole number from 1 to {LARGEST_DIMENSION}")
    if not isinstance(metric, str) or metric not in METRICS:
        raise Invalid(f"metric must be one of {', '.join(METRICS)}")
    if not isinstance(index_type, str):
        raise Invalid("index_type must be a text, such as IVF,PQ")
    require_buildable(index_type, dimension)
    return Spec(name=name, dimension=dimension, metric=metric, type=index_type)


def is_binary(request: Request) -> bool:
    """True for the binary form; raises UnknownFormat for what is neither."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {JSON, codec.BINARY}:
        raise UnknownFormat(f"content-type is {kind[:60]!a}: send {JSON} or {codec.BINARY}")
    return kind == codec.BINARY


def addition_reader(request: Request) -> Callable[[bytes], Addition]:
    """A function from the body to what is added."""
    if is_binary(request):
        replace = switch(request, "replace")

        def read_binary(body: bytes) -> Addition:
            ids, vectors = codec.unpack(body)
            if ids is None:
                raise Invalid("the body has no ids: set flag 1")
            return Addition(codec.checked_ids(ids), codec.checked_vectors(vectors), replace)

        return read_binary

    def read_json(body: bytes) -> Addition:
        tree = codec.tree_of(body, frozenset({"ids", "vectors", "replace"}))
        replace = tree.get("replace", False)
        if not isinstance(replace, bool):
            raise Invalid("replace must be true or false")
        ids, vectors = codec.ids_of(tree.get("ids")), codec.vectors_of(tree.get("vectors"))
        if len(ids) != len(vectors):
            raise Invalid(f"there are {len(ids)} ids and {len(vectors)} vectors")
        return Addition(ids, vectors, replace)

    return read_json


def read_removal(body: bytes, *, binary: bool) -> Ids:
    """The ids to remove."""
    if not binary:
        return codec.ids_of(codec.tree_of(body, frozenset({"ids"})).get("ids"))
    ids, vectors = codec.unpack(body)
    if ids is None or vectors.size:
        raise Invalid("the body must hold ids (flag 1) and no vectors (dimension 0)")
    return codec.checked_ids(ids)


def search_reader(request: Request) -> Callable[[bytes], Search]:
    """A function from the body to what is asked."""
    if is_binary(request):
        k, nprobe = number(request, "k", DEFAULT_K), number(request, "nprobe")

        def read_binary(body: bytes) -> Search:
            ids, vectors = codec.unpack(body)
            if ids is not None:
                raise Invalid("a search has no ids")
            return _checked(Search(codec.checked_vectors(vectors), k or 0, nprobe, binary=True))

        return read_binary

    def read_json(body: bytes) -> Search:
        tree = codec.tree_of(body, frozenset({"vectors", "k", "nprobe"}))
        k, nprobe = tree.get("k", DEFAULT_K), tree.get("nprobe")
        if type(k) is not int or type(nprobe) not in {int, type(None)}:
            raise Invalid("k and nprobe must be whole numbers")
        return _checked(Search(codec.vectors_of(tree.get("vectors")), k, nprobe, binary=False))

    return read_json


def _checked(search: Search) -> Search:
    if not 1 <= search.k <= MOST_NEIGHBOURS:
        raise Invalid(f"k is {search.k}: it may be 1 to {MOST_NEIGHBOURS}")
    if search.nprobe is not None and search.nprobe < 1:
        raise Invalid(f"nprobe is {search.nprobe}: it must be at least 1")
    if len(search.queries) * search.k > MOST_ANSWERS:
        raise Invalid(
            f"{len(search.queries)} queries for {search.k} neighbours each are more than "
            f"{MOST_ANSWERS} answers: send several requests"
        )
    return search
