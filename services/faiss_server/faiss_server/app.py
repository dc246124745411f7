"""The HTTP side put together: health, metrics, the API, and JSON for everything that goes wrong."""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import openapi
from .api.admission import Bodies, Gate
from .api.indexes import Indexes
from .api.operations import Operations
from .checks import Health
from .engine import Engine
from .errors import Refused
from .metrics import Metrics
from .restoring import Restorer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from prometheus_client import CollectorRegistry
    from starlette.requests import Request

    from .settings import Settings

log = logging.getLogger(__name__)

DECODERS = 2
"""Threads that read the bodies of changes; more would only wait for the interpreter's lock."""


def build(settings: Settings) -> Starlette:
    """The application. It answers at once, and loads its indexes in the background."""
    engine = Engine(settings)
    searches = Gate("search", min(settings.workers, usable_cpus()), settings.queue_length)
    changes = Gate("change", DECODERS, settings.queue_length)
    health = Health(settings, engine)
    metrics = Metrics(settings, engine, (searches, changes), lambda: not health.failures())
    bodies = Bodies(settings.max_body)
    indexes = Indexes(engine, bodies, searches, changes, metrics, settings.index_type)
    operations = Operations(engine, bodies, Restorer(engine))
    description = openapi.describe()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        engine.start()
        yield
        await asyncio.to_thread(engine.stop)

    async def described(_request: Request) -> Response:
        return JSONResponse(description)

    return Starlette(
        routes=[
            # Plain functions run in a thread: they touch the disk.
            Route("/health", lambda _request: _answer(health.failures(), health.warnings())),
            Route("/ready", lambda _request: _answer(health.unready(), health.warnings())),
            Route("/metrics", partial(_exposition, metrics.registry)),
            Route("/stats", partial(_stats, engine, settings.cache_bytes)),
            Route("/openapi.json", described),
            *indexes.routes(),
            *operations.routes(),
        ],
        exception_handlers={
            HTTPException: _failure,
            Refused: _refusal,
            Exception: _failure,
        },
        lifespan=lifespan,
    )


def usable_cpus() -> int:
    """Processors that this process may run on."""
    return len(os.sched_getaffinity(0))


def _answer(failures: dict[str, str], warnings: dict[str, str]) -> Response:
    if failures:
        log.warning("not healthy", extra={"fields": {"failures": failures}})
    status = "unavailable" if failures else "degraded" if warnings else "ok"
    body = {"status": status, "failures": failures, "warnings": warnings}
    return JSONResponse(body, 503 if failures else 200)


async def _stats(engine: Engine, cache_bytes: int, _request: Request) -> Response:
    found = [index.describe() for index in engine.store.catalogue]
    return JSONResponse(
        {
            "indexes": len(found),
            "vectors": sum(index["vectors"] for index in found),
            "bytes": sum(index["bytes"] for index in found),
            "cache_limit_bytes": cache_bytes,
            "wal_bytes": engine.store.log.bytes,
            "position": engine.store.log.position,
            "role": engine.store.role.role,
        }
    )


async def _exposition(registry: CollectorRegistry, request: Request) -> Response:
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    text = await asyncio.to_thread(encode, registry)
    return Response(text, headers={"content-type": content_type})


async def _refusal(_request: Request, error: Exception) -> Response:
    refusal = error if isinstance(error, Refused) else Refused(str(error))
    headers = {} if refusal.retry_after is None else {"retry-after": str(refusal.retry_after)}
    return JSONResponse({"error": refusal.reason}, refusal.status, headers=headers)


async def _failure(_request: Request, error: Exception) -> Response:
    """404 and the like as they are; anything else is ours, and the log has the traceback."""
    known = error if isinstance(error, HTTPException) else HTTPException(500)
    return JSONResponse({"error": known.detail}, known.status_code, headers=known.headers)
