"""The HTTP side: /health, /ready, /metrics, and JSON for everything else that is asked."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import checks, metrics

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from starlette.requests import Request

    from .settings import Settings

log = logging.getLogger(__name__)


def build(settings: Settings) -> Starlette:
    """The application. Endpoints are plain functions, so each runs in a thread: they touch disk."""

    def health(_request: Request) -> Response:
        failures = checks.failures(settings)
        if failures:
            log.warning("not healthy", extra={"fields": {"failures": failures}})
            return JSONResponse({"status": "unavailable", "failures": failures}, 503)
        return JSONResponse({"status": "ok", "failures": {}})

    registry = metrics.build(settings, healthy=lambda: not checks.failures(settings))
    return Starlette(
        routes=[
            Route("/health", health),
            # Ready is healthy as long as there are no indexes to load.
            Route("/ready", health),
            Route("/metrics", lambda request: _exposition(request, registry)),
        ],
        exception_handlers={HTTPException: _failure, Exception: _failure},
    )


def _exposition(request: Request, registry: CollectorRegistry) -> Response:
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(registry), headers={"content-type": content_type})


async def _failure(_request: Request, error: Exception) -> Response:
    """404 and the like as they are; anything else is ours, and the log has the traceback."""
    known = error if isinstance(error, HTTPException) else HTTPException(500)
    return JSONResponse({"error": known.detail}, known.status_code, headers=known.headers)
