"""What the servers behind the gateway, and Redis, would tell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.monitoring.dashboards.shapes import (
    counter,
    daily,
    gauge,
    since,
    times,
    wave,
    while_,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.monitoring.dashboards.shapes import Course, Series

GIBIBYTE = 2.0**30
# Model: size, how much of it is on the GPU, minutes of a turn, minutes loaded of each turn.
MODELS = {
    "llama3.2:3b": (2.6, 1.0, 1, 1),
    "qwen2.5:14b": (10.5, 0.86, 45, 31),
    "nomic-embed-text:v1.5": (0.6, 1.0, 22, 9),
}
FAISS_BOUNDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


def ollama() -> Iterator[Series]:
    """Two servers; models come and go on the second a little later."""
    at = {"job": "ollama-exporter", "instance": "10.0.1.31:9778"}
    yield gauge("up", 1, **at)
    for late, address in ((0, "10.0.1.41:11434"), (7, "10.0.2.42:11434")):
        server = {"instance_address": address, **at}
        yield gauge("ollama_up", 1, **server)
        yield gauge("ollama_models_available", len(MODELS), **server)
        for model, (size, on_gpu, turn, loaded) in MODELS.items():
            of = {"model": model, **server}
            there = _in_memory(turn, loaded, late)
            yield gauge("ollama_model_loaded", there, **of)
            yield gauge("ollama_model_size_bytes", while_(there, size * GIBIBYTE), **of)
            yield gauge("ollama_model_vram_bytes", while_(there, size * on_gpu * GIBIBYTE), **of)
            yield gauge("ollama_model_expires_seconds", while_(there, wave(240, 0.2)), **of)


def _in_memory(turn: int, loaded: int, late: int) -> Course:
    return lambda minute: float((minute + late) % turn < loaded)


def triton() -> Iterator[Series]:
    """One server of each version, two models."""
    for track, address, share in (
        ("stable", "10.0.1.51:8002", 9.0),
        ("canary", "10.0.2.52:8002", 0.5),
    ):
        at = {"job": "triton", "instance": address, "track": track}
        yield gauge("up", 1, **at)
        yield gauge("nv_cpu_utilization", wave(0.35, 0.4), **at)
        yield gauge("nv_pinned_memory_pool_used_bytes", wave(6e7, 0.3), **at)
        yield gauge("nv_pinned_memory_pool_total_bytes", 268435456, **at)
        for model, part, millis in (("reranker", 0.7, 30.0), ("classifier", 0.3, 9.0)):
            of = {"model": model, "version": "1", **at}
            rate = daily(share * part)
            yield counter("nv_inference_request_success", rate, **of)
            yield counter("nv_inference_count", times(rate, 3.2), **of)
            yield counter("nv_inference_exec_count", times(rate, 0.8), **of)
            for reason, lost in (
                ("BACKEND", 0.004),
                ("CANCELED", 0.001),
                ("REJECTED", 0),
                ("OTHER", 0),
            ):
                yield counter(
                    "nv_inference_request_failure", times(rate, lost), reason=reason, **of
                )
            yield gauge("nv_inference_pending_request_count", wave(6 * part, 0.9, hours=1), **of)
            for phase, fraction in (
                ("request", 1.0), ("queue", 0.3), ("compute_input", 0.05),
                ("compute_infer", 0.6), ("compute_output", 0.05),
            ):  # fmt: skip
                spent = times(rate, wave(1000 * millis * fraction, 0.2))
                yield counter(f"nv_inference_{phase}_duration_us", spent, **of)
            yield gauge("nv_model_load_duration_secs", 14 * part, **of)


def faiss(now: float) -> Iterator[Series]:
    """A writer and a follower with two indexes."""
    for behind, (address, track) in enumerate(
        (("10.0.1.61:5000", "stable"), ("10.0.2.62:5000", "stable"))
    ):
        at = {"job": "faiss", "instance": address, "track": track}
        yield gauge("up", 1, **at)
        yield gauge("faiss_up", 1, **at)
        yield gauge("faiss_role", 1 - behind, role="writer", **at)
        yield gauge("faiss_role", behind, role="follower", **at)
        yield gauge("faiss_replication_lag_seconds", wave(0.8 * behind, 0.6), **at)
        yield gauge("faiss_wal_bytes", lambda minute: 4e5 * ((minute + 30 * DAYS + 70) % 180), **at)
        yield gauge("faiss_log_damaged", 0, **at)
        yield counter("faiss_checksum_failures_total", 0, **at)
        # A snapshot every three hours.
        yield gauge(
            "faiss_snapshot_timestamp_seconds",
            lambda minute: now + 60 * (minute - (minute + 30 * DAYS + 70) % 180),
            **at,
        )
        yield gauge("faiss_wal_position", lambda minute: 9e5 + 12 * minute, **at)
        for queue, depth in (("search", 2.0), ("change", 0.4), ("log", 0.2)):
            yield gauge("faiss_queue_depth", wave(depth, 0.8), queue=queue, **at)
        for index, vectors, rate in (("papers", 2.4e6, 9.0), ("chunks", 8.1e5, 2.0)):
            yield from _index(index, vectors, rate, at)
    pushed = {"job": "backup"}
    yield gauge("faiss_backup_last_success_timestamp_seconds", _every(now, 1), **pushed)
    yield gauge("faiss_backup_last_verified_restore_timestamp_seconds", _every(now, 7), **pushed)


DAYS = 24 * 60


def _every(now: float, days: int) -> Course:
    return lambda minute: now + 60 * (minute - (minute + 30 * days * DAYS + 500) % (days * DAYS))


def _index(index: str, vectors: float, rate: float, at: dict[str, str]) -> Iterator[Series]:
    of = {"index": index, **at}
    yield gauge("faiss_index_vectors", lambda minute: vectors + 12 * minute, **of)
    yield gauge("faiss_index_bytes", vectors * 820, **of)
    yield gauge(
        "faiss_index_dead_rows", lambda minute: 4 * ((minute + 30 * DAYS + 100) % 360), **of
    )
    yield gauge(
        "faiss_index_exact_rows", lambda minute: 11 * ((minute + 30 * DAYS + 100) % 360), **of
    )
    yield gauge("faiss_index_trained", since([(-1000, 1)]), **of)
    yield gauge("faiss_rebuild_progress_ratio", since([(-200, 0.5), (-190, 1)], before=1), **of)
    yield gauge("faiss_rebuild_failed", 0, **of)
    for outcome, share in (("ok", 0.994), ("invalid", 0.003), ("busy", 0.003), ("error", 0.0)):
        yield counter("faiss_search_total", times(daily(rate), share), outcome=outcome, **of)
    for bound in (*FAISS_BOUNDS, math.inf):
        below = 1 if bound == math.inf else 1 - math.exp(-bound / 0.012)
        le = "+Inf" if bound == math.inf else str(float(bound))
        yield counter(
            "faiss_search_duration_seconds_bucket", times(daily(rate), below), le=le, **of
        )


def redis() -> Iterator[Series]:
    """A cache that finds most of what it is asked for."""
    at = {"job": "redis-exporter", "instance": "10.0.1.71:9121"}
    yield gauge("up", 1, **at)
    yield gauge("redis_up", 1, **at)
    yield counter("redis_uptime_in_seconds", 1, **at)
    yield counter("redis_keyspace_hits_total", daily(31), **at)
    yield counter("redis_keyspace_misses_total", times(daily(31), wave(0.22, 0.5)), **at)
    yield counter("redis_evicted_keys_total", wave(1.5, 0.8), **at)
    yield gauge("redis_memory_used_bytes", wave(6.2e8, 0.1), **at)
    yield gauge("redis_memory_used_rss_bytes", wave(6.6e8, 0.1), **at)
    yield gauge("redis_memory_max_bytes", 8e8, **at)
    yield gauge("redis_connected_clients", wave(24, 0.2), **at)
    for cmd, rate in (("get", 38), ("set", 9), ("expire", 8), ("del", 1), ("ping", 0.2)):
        yield counter("redis_commands_total", daily(rate), cmd=cmd, **at)
