"""The metrics of the server, all born at start: a series that appears later hides its first rise.

Names of what concerns indexes follow report D, section 1.7. What changes by itself is read at the
scrape, from the engine; what happens is counted as it happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import faiss
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
)

from . import __version__
from .gauges import EngineGauges

if TYPE_CHECKING:
    from collections.abc import Callable

    from .api.admission import Gate
    from .engine import Engine
    from .settings import Settings

OUTCOMES = ("ok", "invalid", "busy", "error")
BUCKETS = (
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0,
)  # fmt: skip
UNKNOWN = ""
"""The index label of a search in an index that does not exist: names of callers make no series."""


class Metrics:
    """What is counted while requests are answered, in ``registry``."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        gates: tuple[Gate, ...],
        healthy: Callable[[], bool],
    ) -> None:
        """``healthy`` is asked at every scrape, for ``faiss_up``."""
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        _constants(registry, settings)
        up = Gauge(
            "faiss_up", "1 when every check of /health passes at this scrape.", registry=registry
        )
        up.set_function(lambda: float(healthy()))
        self._searches = Counter(
            "faiss_search", "Searches by outcome.", ("index", "outcome"), registry=registry
        )
        self._durations = Histogram(
            "faiss_search_duration_seconds",
            "Time from a search's first byte to its answer.",
            ("index",),
            buckets=BUCKETS,
            registry=registry,
        )
        self._known: set[str] = set()
        self.know(UNKNOWN)
        registry.register(EngineGauges(engine, gates, self.know))

    def know(self, index: str) -> None:
        """Begin all series of an index at 0."""
        if index not in self._known:
            self._known.add(index)
            self._durations.labels(index)
            for outcome in OUTCOMES:
                self._searches.labels(index, outcome)

    def forget(self, index: str) -> None:
        """End the series of an index that was dropped."""
        if index in self._known:
            self._known.remove(index)
            self._durations.remove(index)
            for outcome in OUTCOMES:
                self._searches.remove(index, outcome)

    def searched(self, index: str, outcome: str, seconds: float) -> None:
        """Count a search."""
        label = index if index in self._known else UNKNOWN
        self._searches.labels(label, outcome).inc()
        self._durations.labels(label).observe(seconds)


def _constants(registry: CollectorRegistry, settings: Settings) -> None:
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
