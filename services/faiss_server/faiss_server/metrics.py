"""The metrics of the server, all born at start: a series that appears later hides its first rise.

Names of what concerns indexes follow report D, section 1.7. Search and training series come with
the index API: there is nothing here that they could count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import faiss
from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Info,
    PlatformCollector,
    ProcessCollector,
)

from . import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from .settings import Settings


def build(settings: Settings, healthy: Callable[[], bool]) -> CollectorRegistry:
    """A registry for this process. ``healthy`` is asked at every scrape, for ``faiss_up``."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)

    up = Gauge(
        "faiss_up", "1 when every check of /health passes at this scrape.", registry=registry
    )
    up.set_function(lambda: float(healthy()))
    Info("faiss_build", "Versions of the server and of faiss.", registry=registry).info(
        {"version": __version__, "faiss_version": faiss.__version__}
    )
    Info("faiss_config", "Settings that are words.", registry=registry).info(
        {"index_type": settings.index_type, "role": settings.role}
    )
    Gauge(
        "faiss_cache_limit_bytes", "Memory that indexes may take, as configured.", registry=registry
    ).set(settings.cache_bytes)
    threads = Gauge("faiss_omp_threads", "Threads that faiss uses for one call.", registry=registry)
    threads.set_function(lambda: float(faiss.omp_get_max_threads()))
    Gauge("faiss_index_vectors", "Vectors in all indexes.", registry=registry).set(0)
    Gauge("faiss_index_bytes", "Memory of all indexes.", registry=registry).set(0)
    return registry
