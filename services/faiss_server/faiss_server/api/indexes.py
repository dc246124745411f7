"""Indexes and vectors: create, drop, list, add, remove, search, rebuild."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..committer import Change
from ..errors import Busy, Refused
from ..record import Add, Create, Drop, Remove
from . import codec
from .requests import addition_reader, is_binary, read_removal, read_spec, search_reader

if TYPE_CHECKING:
    from starlette.requests import Request

    from ..arrays import Floats
    from ..committer import Done
    from ..engine import Engine
    from ..index import Index
    from ..metrics import Metrics
    from .admission import Bodies, Gate
    from .requests import Search

NUMBER_BYTES = {True: 4, False: 20}
"""What a number of a query takes in binary, and about what it takes as JSON."""


@dataclass(frozen=True)
class Indexes:
    """The endpoints of indexes."""

    engine: Engine
    bodies: Bodies
    searches: Gate
    changes: Gate
    metrics: Metrics
    default_type: str

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route("/indexes", self.list, methods=["GET"]),
            Route("/indexes/{index}", self.create, methods=["PUT"]),
            Route("/indexes/{index}", self.describe, methods=["GET"]),
            Route("/indexes/{index}", self.drop, methods=["DELETE"]),
            Route("/indexes/{index}/vectors", self.add, methods=["POST"]),
            Route("/indexes/{index}/remove", self.remove, methods=["POST"]),
            Route("/indexes/{index}/search", self.search, methods=["POST"]),
            Route("/indexes/{index}/rebuild", self.rebuild, methods=["POST"]),
            Route("/indexes/{index}/rebuild", self.progress, methods=["GET"]),
        ]

    async def list(self, _request: Request) -> Response:
        """Every index, by name."""
        found = sorted(self.engine.store.catalogue, key=lambda index: index.spec.name)
        return JSONResponse({"indexes": [index.describe() for index in found]})

    async def describe(self, request: Request) -> Response:
        """One index."""
        return JSONResponse(self._index(request).describe())

    async def create(self, request: Request) -> Response:
        """A new index; the same again is no error."""
        name = request.path_params["index"]

        async def create(body: bytes) -> Response:
            spec = await self.changes.run(lambda: read_spec(name, body, self.default_type))
            there = self.engine.store.catalogue.find(name) is not None
            await self._commit(Change(Create(spec)))
            self.metrics.know(name)
            described = self.engine.store.catalogue.get(name).describe()
            return JSONResponse(described, 200 if there else 201)

        return await self.bodies.read(request, create)

    async def drop(self, request: Request) -> Response:
        """An index goes, with all its vectors."""
        name = self._index(request).spec.name
        await self._commit(Change(Drop(name)))
        self.metrics.forget(name)
        return Response(status_code=204)

    async def add(self, request: Request) -> Response:
        """Vectors under ids; acknowledged when they are durable."""
        index, read = self._index(request), addition_reader(request)

        def decode(body: bytes) -> Change:
            addition = read(body)
            record = Add(index.spec.name, addition.ids, _prepared(index, addition.vectors))
            return Change(record, new=not addition.replace, spec=index.spec)

        async def add(body: bytes) -> Response:
            change = await self.changes.run(lambda: decode(body))
            done = await self._commit(change)
            return JSONResponse(
                {"added": done.added, "replaced": done.removed, "position": done.position}
            )

        return await self.bodies.read(request, add)

    async def remove(self, request: Request) -> Response:
        """Ids go; those that are not there are counted, and no error."""
        index = self._index(request)
        binary = is_binary(request)

        async def remove(body: bytes) -> Response:
            ids = await self.changes.run(lambda: read_removal(body, binary=binary))
            done = await self._commit(Change(Remove(index.spec.name, ids)))
            missing = len(ids) - done.removed
            return JSONResponse(
                {"removed": done.removed, "missing": missing, "position": done.position}
            )

        return await self.bodies.read(request, remove)

    async def search(self, request: Request) -> Response:
        """The nearest vectors of each query."""
        started, name = time.perf_counter(), request.path_params["index"]
        outcome = "error"
        try:
            index = self._index(request)
            read = search_reader(request)

            async def search(body: bytes) -> Response:
                queries = len(body) / (index.spec.dimension * NUMBER_BYTES[is_binary(request)])
                expected = queries * index.took
                return await self.searches.run(lambda: _searched(index, read(body)), expected)

            answer = await self.bodies.read(request, search)
        except Refused as refusal:
            outcome = "busy" if isinstance(refusal, Busy) else "invalid"
            raise
        else:
            outcome = "ok"
            return answer
        finally:
            self.metrics.searched(name, outcome, time.perf_counter() - started)

    async def rebuild(self, request: Request) -> Response:
        """Begin to build the index anew, with sizes for what it holds."""
        index = self._index(request)
        self.engine.builder.start(index)
        return JSONResponse(vars(index.rebuild), 202)

    async def progress(self, request: Request) -> Response:
        """How far the last rebuild is."""
        return JSONResponse(vars(self._index(request).rebuild))

    def _index(self, request: Request) -> Index:
        return self.engine.store.catalogue.get(request.path_params["index"])

    async def _commit(self, change: Change) -> Done:
        self.engine.submit(change)
        return await asyncio.wrap_future(change.done)


def _prepared(index: Index, vectors: Floats) -> Floats:
    """``vectors`` as the index stores and compares them; raises Invalid for another dimension."""
    index.require_dimension(vectors)
    return codec.normalised(vectors) if index.spec.metric == "cosine" else vectors


def _searched(index: Index, search: Search) -> Response:
    queries = _prepared(index, search.queries)
    started = time.perf_counter()
    distances, ids = index.search(queries, search.k, search.nprobe)
    index.took = (time.perf_counter() - started) / len(queries)
    if search.binary:
        return Response(codec.pack_found(distances, ids), media_type=codec.BINARY)
    return JSONResponse(codec.found_as_tree(distances, ids))
