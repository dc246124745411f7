"""Bodies: JSON and the compact binary form, both checked to the last number. Pure.

Binary, little-endian, media type ``application/vnd.researchflow.vectors``:

    "RFV1" | dimension u32 | count u32 | flags u32 (1: ids) | ids i64 | vectors f32

Removing sends ids only, with dimension 0. A search is answered in the same type:

    "RFN1" | k u32 | count u32 | zero u32 | ids i64 × count × k | distances f32 × count × k

where id -1 fills what an approximate search did not find.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..errors import Invalid

if TYPE_CHECKING:
    from ..arrays import Anything, Floats, Ids

BINARY = "application/vnd.researchflow.vectors"
HEADER = struct.Struct("<4sIII")
REQUEST, ANSWER = b"RFV1", b"RFN1"
WITH_IDS = 1
NUMBERS = "iuf"
SHOWN = 5


def tree_of(body: bytes, known: frozenset[str]) -> dict[str, Any]:
    """A JSON object without unknown keys; raises Invalid."""
    try:
        tree = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"the body is not JSON: {str(error)[:200]}") from error
    if not isinstance(tree, dict):
        raise Invalid("the body must be a JSON object")
    unknown = sorted(set(tree) - known)
    if unknown:
        raise Invalid(f"unknown key {unknown[0][:60]!a}; known are {', '.join(sorted(known))}")
    return tree


def ids_of(value: object) -> Ids:
    """Distinct ids from 0 to 2⁶³-1, at least one."""
    found = _numbers(value, "ids", 1)
    if found.size and found.dtype.kind != "i":
        raise Invalid("ids must be whole numbers from 0 to 9223372036854775807")
    return checked_ids(found.astype(np.int64))


def checked_ids(ids: Ids) -> Ids:
    """``ids`` when they are distinct and none is negative; raises Invalid."""
    if len(ids) == 0:
        raise Invalid("there are no ids")
    if int(ids.min()) < 0:
        raise Invalid(f"{int(ids.min())} is no id: ids are whole numbers from 0")
    ordered = np.sort(ids)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if len(twice):
        shown = ", ".join(map(str, twice[:SHOWN].tolist()))
        raise Invalid(f"{len(twice)} ids are there more than once, such as {shown}")
    return ids


def vectors_of(value: object) -> Floats:
    """Vectors of one dimension, all numbers finite; raises Invalid."""
    found = _numbers(value, "vectors", 2)
    with np.errstate(over="ignore"):
        return checked_vectors(found.astype(np.float32))


def checked_vectors(vectors: Floats) -> Floats:
    """``vectors`` when there is at least one and every number is finite; raises Invalid."""
    if vectors.size == 0:
        raise Invalid("there are no vectors")
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        place = int(np.argmin(finite))
        raise Invalid(
            f"vector {place} holds NaN, an infinity, or a number beyond what 32 bits can hold"
        )
    return np.ascontiguousarray(vectors)


def normalised(vectors: Floats) -> Floats:
    """``vectors`` brought to length 1, for cosine; raises Invalid for one of length 0."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not lengths.all():
        raise Invalid(f"vector {int(np.argmin(lengths))} has length 0, which has no cosine")
    return np.ascontiguousarray(vectors / lengths, np.float32)


def unpack(body: bytes) -> tuple[Ids | None, Floats]:
    """Ids (when there are some) and vectors of a binary body; raises Invalid."""
    if len(body) < HEADER.size:
        raise Invalid(f"the body has {len(body)} bytes, and its header alone has {HEADER.size}")
    magic, dimension, count, flags = HEADER.unpack_from(body)
    if magic != REQUEST or flags & ~WITH_IDS:
        raise Invalid("the body does not begin with RFV1, dimension, count and flags")
    id_bytes = 8 * count if flags & WITH_IDS else 0
    wanted = HEADER.size + id_bytes + 4 * count * dimension
    if len(body) != wanted:
        raise Invalid(f"the body has {len(body)} bytes instead of {wanted}")
    ids = np.frombuffer(body, "<i8", count, HEADER.size) if flags & WITH_IDS else None
    vectors = np.frombuffer(body, "<f4", count * dimension, HEADER.size + id_bytes)
    return ids, vectors.reshape(count, dimension)


def pack(ids: Ids | None, vectors: Floats) -> bytes:
    """A binary body, as a client writes it."""
    header = HEADER.pack(REQUEST, vectors.shape[1], len(vectors), 0 if ids is None else WITH_IDS)
    return header + (b"" if ids is None else ids.astype("<i8").tobytes()) + vectors.tobytes()


def pack_found(distances: Floats, ids: Ids) -> bytes:
    """The binary answer of a search."""
    count, k = ids.shape
    return HEADER.pack(ANSWER, k, count, 0) + ids.tobytes() + distances.tobytes()


def unpack_found(body: bytes) -> tuple[Floats, Ids]:
    """Distances and ids of a binary answer, as a client reads it."""
    _, k, count, _ = HEADER.unpack_from(body)
    ids = np.frombuffer(body, "<i8", count * k, HEADER.size).reshape(count, k)
    distances = np.frombuffer(body, "<f4", count * k, HEADER.size + ids.nbytes)
    return distances.reshape(count, k), ids


def found_as_tree(distances: Floats, ids: Ids) -> dict[str, Any]:
    """The JSON answer of a search: for each query its neighbours, best first."""
    full = bool((ids >= 0).all())
    if full:
        return {"ids": ids.tolist(), "distances": distances.tolist()}
    kept = [row >= 0 for row in ids]
    return {
        "ids": [row[keep].tolist() for row, keep in zip(ids, kept, strict=True)],
        "distances": [row[keep].tolist() for row, keep in zip(distances, kept, strict=True)],
    }


def _numbers(value: object, what: str, dimensions: int) -> Anything:
    shape = "a list of lists of numbers" if dimensions > 1 else "a list of numbers"
    try:
        found = np.array(value)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{what} must be {shape} of one length") from error
    if not isinstance(value, list) or found.ndim != dimensions or (
        found.size and found.dtype.kind not in NUMBERS
    ):  # fmt: skip
        raise Invalid(f"{what} must be {shape} of one length")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")
