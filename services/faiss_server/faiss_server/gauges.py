"""Metrics that are read from the engine at each scrape."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from .roles import FOLLOWER, WRITER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.core import Metric

    from .api.admission import Gate
    from .engine import Engine
    from .index import Index
    from .store import Store

INDEX_GAUGES: tuple[tuple[str, str, Callable[[Index], float]], ...] = (
    ("faiss_index_vectors", "Vectors that can be found.", lambda i: i.contents.vectors),
    ("faiss_index_dead_rows", "Removed rows until the next rebuild.", lambda i: i.contents.dead),
    ("faiss_index_exact_rows", "Rows that are searched exactly.", lambda i: i.contents.waiting),
    ("faiss_index_bytes", "Memory, by the server's model.", lambda i: i.contents.bytes_for(0)),
    ("faiss_index_trained", "1 when searches use the type that was asked for.",
     lambda i: i.trained),
    ("faiss_index_load_timestamp_seconds", "When the index was loaded or rebuilt (Unix).",
     lambda i: i.loaded),
    ("faiss_rebuild_progress_ratio", "Progress of the last rebuild, 0 to 1.",
     lambda i: i.rebuild.progress),
    ("faiss_rebuild_failed", "1 when the last rebuild failed.",
     lambda i: i.rebuild.state == "failed"),
)  # fmt: skip


class EngineGauges:
    """A collector: everything it says is true at the scrape, and there while nothing is loaded."""

    def __init__(
        self, engine: Engine, gates: tuple[Gate, ...], know: Callable[[str], None]
    ) -> None:
        """``know`` is told of every index, whoever created it: a follower's come by the log."""
        self._engine, self._gates, self._know = engine, gates, know

    def collect(self) -> Iterator[Metric]:
        """Every family, each with all its labels."""
        store = self._engine.open_store
        indexes = list(store.catalogue) if store else []
        for index in indexes:
            self._know(index.spec.name)
        for name, text, value in INDEX_GAUGES:
            family = GaugeMetricFamily(name, text, labels=["index"])
            for index in indexes:
                family.add_metric([index.spec.name], float(value(index)))
            yield family
        queues = GaugeMetricFamily(
            "faiss_queue_depth", "Requests that wait or run.", labels=["queue"]
        )
        for gate in self._gates:
            queues.add_metric([gate.name], gate.depth)
        queues.add_metric(["log"], self._engine.committer.depth if store else 0)
        yield queues
        role = GaugeMetricFamily("faiss_role", "1 for the role of this server.", labels=["role"])
        for name in (WRITER, FOLLOWER):
            role.add_metric([name], float(store is not None and store.role.role == name))
        yield role
        yield from self._of_store(store)

    def _of_store(self, store: Store | None) -> Iterator[Metric]:
        engine = self._engine
        gauges: tuple[tuple[str, str, float], ...] = (
            ("faiss_wal_bytes", "Bytes of the write-ahead log.",
             store.log.bytes if store else 0),
            ("faiss_wal_position", "Number of the last record.",
             store.log.position if store else 0),
            ("faiss_log_damaged", "1 when acknowledged records cannot be read.",
             float(engine.damage is not None)),
            ("faiss_snapshot_timestamp_seconds", "When the newest snapshot was taken (Unix).",
             _unix(store)),
            ("faiss_snapshot_age_seconds", "Age of the newest snapshot, 0 without one.",
             max(0.0, time.time() - _unix(store)) if _unix(store) else 0.0),
            ("faiss_replication_lag_records", "Records that the writer has and this server not.",
             engine.follower.lag_records if store else 0),
            ("faiss_replication_lag_seconds", "Time since this server held all of the writer's.",
             0.0 if store is None or store.is_writer else engine.follower.lag_seconds),
        )  # fmt: skip
        for name, text, value in gauges:
            yield GaugeMetricFamily(name, text, value=value)
        yield CounterMetricFamily(
            "faiss_checksum_failures",
            "Snapshots and log records that were bad when they were read.",
            value=engine.checksum_failures,
        )
        yield CounterMetricFamily(
            "faiss_wal_torn_bytes",
            "Bytes of writes that were never acknowledged, cut off at start.",
            value=store.torn_bytes if store else 0,
        )


def _unix(store: Store | None) -> float:
    if store is None or store.snapshot is None:
        return 0.0
    return datetime.fromisoformat(store.snapshot.created).timestamp()
