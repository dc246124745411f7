"""The HTTP side: /health, /metrics, and JSON for everything else that is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Info, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import __version__
from .collector import ReadingsCollector
from .poll import client, poll

if TYPE_CHECKING:
    from starlette.requests import Request

    from .settings import Target


def build(target: Target) -> Starlette:
    """The application. Nothing is polled but by a scrape, and nothing is kept between two."""
    process, platform = ProcessCollector(registry=None), PlatformCollector(registry=None)
    build_info = Info("ollama_exporter_build", "Version of the exporter.", registry=None)
    build_info.info({"version": __version__})

    async def metrics(request: Request) -> Response:
        async with client(target) as http:
            readings = ReadingsCollector(await poll(http, target))
        registry = CollectorRegistry()
        for collector in (process, platform, build_info, readings):
            registry.register(collector)
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"content-type": content_type})

    return Starlette(
        routes=[Route("/health", _health), Route("/metrics", metrics)],
        exception_handlers={HTTPException: _failure, Exception: _failure},
    )


async def _health(_request: Request) -> Response:
    """The exporter's own health: to restart it because Ollama is down would help nobody."""
    return JSONResponse({"status": "ok"})


async def _failure(_request: Request, error: Exception) -> Response:
    """404 and the like as they are; anything else is ours, and the log has the traceback."""
    known = error if isinstance(error, HTTPException) else HTTPException(500)
    return JSONResponse({"error": known.detail}, known.status_code, headers=known.headers)
