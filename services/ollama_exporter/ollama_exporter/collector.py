"""Readings as Prometheus metrics. Every ``ollama_*`` series carries ``instance_address``.

``ollama_up`` is 1 when a server answered ``/api/tags`` and ``/api/ps`` with well-formed lists
within the deadline, else 0; a server that is down has no other series, so nothing stale is ever
shown. The label is the ``address:port`` that was polled; a name that does not resolve is one
server that is down, labelled with the name itself.

``ollama_model_loaded`` is born at 0 for every model on disk; the other series of a model exist
while it is loaded. Source of what can be measured: report D, section 1.2.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from .readings import Down, Reading, Up

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prometheus_client.metrics_core import Metric

INSTANCE = ("instance_address",)
MODEL = ("instance_address", "model")


class ReadingsCollector(Collector):
    """The metrics of one poll."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        """Hold what was read; nothing is asked again at ``collect``."""
        self._readings = readings

    def collect(self) -> Iterable[Metric]:
        """Every family, also when it has no series, so that a scrape documents itself."""
        up = GaugeMetricFamily(
            "ollama_up", "1 when the server answered well and in time.", labels=INSTANCE
        )
        available = GaugeMetricFamily(
            "ollama_models_available", "Models on the server's disk.", labels=INSTANCE
        )
        build = InfoMetricFamily("ollama_build", "Version of the server.", labels=INSTANCE)
        for reading in self._readings:
            up.add_metric([reading.address], 0.0 if isinstance(reading, Down) else 1.0)
            if isinstance(reading, Up):
                available.add_metric([reading.address], float(len(reading.available)))
                if reading.version:
                    build.add_metric([reading.address], {"version": reading.version})
        yield up
        yield available
        yield build
        yield from _model_families(
            [reading for reading in self._readings if isinstance(reading, Up)], datetime.now(UTC)
        )


def _model_families(readings: Iterable[Up], now: datetime) -> Iterable[Metric]:
    loaded = GaugeMetricFamily("ollama_model_loaded", "1 while in memory, else 0.", labels=MODEL)
    size = GaugeMetricFamily(
        "ollama_model_size_bytes", "Memory of a loaded model, GPU and CPU.", labels=MODEL
    )
    vram = GaugeMetricFamily(
        "ollama_model_vram_bytes",
        "The part on GPUs; less than ollama_model_size_bytes means it spilled to the CPU.",
        labels=MODEL,
    )
    expires = GaugeMetricFamily(
        "ollama_model_expires_seconds",
        "Seconds until the model is unloaded, by this exporter's clock; +Inf for never.",
        labels=MODEL,
    )
    for reading in readings:
        for name in sorted(reading.available | reading.loaded.keys()):
            loaded.add_metric([reading.address, name], float(name in reading.loaded))
        for name, model in reading.loaded.items():
            size.add_metric([reading.address, name], float(model.size))
            vram.add_metric([reading.address, name], float(model.vram))
            expires.add_metric([reading.address, name], model.expires_in(now))
    return loaded, size, vram, expires
