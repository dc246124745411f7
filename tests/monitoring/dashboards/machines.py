"""What machines, GPUs and the monitoring itself would tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.monitoring.dashboards.shapes import counter, daily, gauge, since, times, wave

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.monitoring.dashboards.shapes import Course, Series

GIBIBYTE = 2.0**30
NODES = ("10.0.1.2:9100", "10.0.2.2:9100")
# GPU: how busy by day, MiB used, degrees.
GPUS = {"node-1": (62.0, 15800.0, 71.0), "node-2": (38.0, 9300.0, 63.0)}
# Resident memory in GiB and address of what only tells of its process.
PROCESSES = {
    "alertmanager": (0.05, "10.0.1.81:9093"),
    "faiss": (1.4, "10.0.1.61:5000"),
    "flags": (0.06, "10.0.1.82:8014"),
    "grafana": (0.2, "10.0.1.83:3000"),
    "ollama-exporter": (0.03, "10.0.1.31:9778"),
    "prometheus": (0.7, "localhost:9090"),
    "pushgateway": (0.02, "10.0.1.85:9091"),
}
TOLD_ELSEWHERE = ("faiss", "ollama-exporter")


def gpus() -> Iterator[Series]:
    """One GPU in each of two machines; the second came up this morning."""
    for number, (host, (busy, used, heat)) in enumerate(GPUS.items()):
        at = {"job": "dcgm-exporter", "instance": f"10.0.{number + 1}.2:9400"}
        yield gauge("up", 1, **at)
        of = {
            "gpu": "0", "UUID": f"GPU-{number}", "modelName": "NVIDIA A10G", "Hostname": host, **at,
        }  # fmt: skip
        yield gauge("DCGM_FI_DEV_GPU_UTIL", wave(busy, 0.4, shift=number / 3), **of)
        yield gauge("DCGM_FI_DEV_FB_USED", wave(used, 0.08, shift=number / 3), **of)
        yield gauge("DCGM_FI_DEV_FB_FREE", wave(23028 - 300 - used, 0.05), **of)
        yield gauge("DCGM_FI_DEV_FB_RESERVED", 300, **of)
        yield gauge("DCGM_FI_DEV_GPU_TEMP", wave(heat, 0.06, shift=number / 3), **of)
        yield gauge("DCGM_FI_DEV_POWER_USAGE", wave(2.1 * busy + 30, 0.3), **of)
        yield gauge("DCGM_FI_DEV_XID_ERRORS", since([(-130, 43)]) if number else 0, **of)
        power = wave(1000 * (2.1 * busy + 30), 0.3)
        yield counter("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", power, **of)


def nodes() -> Iterator[Series]:
    """Two machines, one with a disk that fills."""
    for number, instance in enumerate(NODES):
        at = {"job": "node-exporter", "instance": instance}
        yield gauge("up", 1, **at)
        yield gauge("node_memory_MemTotal_bytes", 64 * GIBIBYTE, **at)
        yield gauge("node_memory_MemAvailable_bytes", wave(26e9, 0.2, shift=number / 4), **at)
        yield counter("node_vmstat_oom_kill", 0, **at)
        for mode, share in (("idle", 0.55), ("iowait", 0.03), ("user", 0.34), ("system", 0.08)):
            unrest = wave(share, 0.2, shift=number / 4 + len(mode) / 9)
            yield counter("node_cpu_seconds_total", unrest, cpu="0", mode=mode, **at)
        for what, share in (("cpu_waiting", 0.05), ("io_waiting", 0.02), ("memory_stalled", 0.001)):
            yield counter(f"node_pressure_{what}_seconds_total", wave(share, 0.6), **at)
        for mountpoint, free in (("/", 31.0), ("/var/lib/models", 60.0 - 22.0 * number)):
            disk = {"device": "/dev/nvme0n1p1", "fstype": "ext4", "mountpoint": mountpoint, **at}
            yield gauge("node_filesystem_size_bytes", 100 * GIBIBYTE, **disk)
            yield gauge("node_filesystem_readonly", 0, **disk)
            pace = 0.008 if mountpoint != "/" else 0.0005
            yield gauge("node_filesystem_avail_bytes", _falling(free, pace), **disk)


def _falling(free: float, pace: float) -> Course:
    return lambda minute: (free - pace * minute) * GIBIBYTE


def processes(now: float) -> Iterator[Series]:
    """Memory and start of the rest; the pods' restarts."""
    for job, (size, instance) in PROCESSES.items():
        track = {"track": "stable"} if job == "faiss" else {}
        at = {"job": job, "instance": instance, **track}
        if job not in TOLD_ELSEWHERE:
            yield gauge("up", 1, **at)
        yield gauge("process_resident_memory_bytes", wave(size * GIBIBYTE, 0.06), **at)
        yield gauge("process_start_time_seconds", now - 3e5, **at)
    state = {"job": "kube-state-metrics", "instance": "10.0.1.84:8080"}
    yield gauge("up", 1, **state)
    for service in ("ollama", "triton", "faiss", "gateway"):
        pod = {"namespace": "researchflow-ai", "pod": f"{service}-0", "uid": service}
        restarts = since([(-100, 1)]) if service == "triton" else 0
        yield gauge(
            "kube_pod_container_status_restarts_total", restarts, container=service, **pod, **state
        )


def monitoring(now: float) -> Iterator[Series]:
    """Prometheus about itself and Alertmanager about deliveries."""
    at = {"job": "prometheus", "instance": "localhost:9090"}
    rules = {"rule_group": "inference", **at}
    yield counter("prometheus_rule_evaluation_failures_total", 0, **rules)
    manager = {"alertmanager": "http://alertmanager:9093/api/v2/alerts", **at}
    yield counter("prometheus_notifications_dropped_total", 0, **manager)
    yield gauge("prometheus_tsdb_storage_blocks_bytes", daily(4.1e9), **at)
    yield gauge("prometheus_tsdb_retention_limit_bytes", 16 * GIBIBYTE, **at)
    yield gauge(
        "prometheus_remote_storage_highest_timestamp_in_seconds", lambda m: now + 60 * m, **at
    )
    remote = {"remote_name": "remote", "url": "https://metrics.example.com/write", **at}
    lag = wave(9, 0.5)
    yield gauge(
        "prometheus_remote_storage_queue_highest_sent_timestamp_seconds",
        lambda minute: now + 60 * minute - (lag(minute) or 0),
        **remote,
    )
    sender = {"job": "alertmanager", "instance": "10.0.1.81:9093", "integration": "slack"}
    yield counter("alertmanager_notifications_failed_total", times(0.0), reason="other", **sender)
    logs = {"job": "log-collector", "instance": "10.0.1.82:12345", "host": "logs.example.com"}
    yield counter("loki_write_sent_entries_total", times(40.0), tenant="", **logs)
    yield counter("loki_write_dropped_entries_total", 0, tenant="", reason="ingester_error", **logs)
