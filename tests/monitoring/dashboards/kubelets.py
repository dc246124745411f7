"""What the kubelets of two nodes would tell of volumes and containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.monitoring.dashboards.shapes import gauge, wave

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.monitoring.dashboards.shapes import Course, Series

GIBIBYTE = 2.0**30
NAMESPACE = "researchflow-ai"
NODES = ("node-1", "node-2")
# Claim: node, size in GiB, what is free at the end, what is written a minute.
VOLUMES = {
    "faiss-stable-data": (0, 20, 11.0, 0.0008),
    "ollama-stable-models": (0, 60, 21.0, 0.0),
    "prometheus-data": (1, 20, 4.4, 0.0006),
    "redis-data": (1, 8, 1.1, 0.0035),
    "triton-stable-models": (1, 40, 9.5, 0.0),
}
# Container: pod, node, GiB of its working set, and how much of that is its own.
CONTAINERS = {
    "ollama-stable-6d9c7b8f54-x2k8p": ("ollama", 0, 1.55, 0.62),
    "ollama-canary-58b4d97c6-tq7mw": ("ollama", 1, 1.3, 0.55),
    "triton-stable-7f5c9d8b64-8lzrd": ("triton", 1, 1.2, 0.95),
    "triton-canary-66f7c54d9b-p9vnc": ("triton", 0, 0.9, 0.8),
}


def kubelets() -> Iterator[Series]:
    """Each node of what runs on it; the volume of Redis fills."""
    for node in NODES:
        for job in ("kubelet", "cadvisor"):
            yield gauge("up", 1, **_at(job, node))
    for claim, (number, size, free, pace) in VOLUMES.items():
        of = {"namespace": NAMESPACE, "persistentvolumeclaim": claim}
        at = _at("kubelet", NODES[number])
        yield gauge("kubelet_volume_stats_capacity_bytes", size * GIBIBYTE, **of, **at)
        yield gauge("kubelet_volume_stats_available_bytes", _falling(free, pace), **of, **at)
    for pod, (container, number, used, own) in CONTAINERS.items():
        of = {"namespace": NAMESPACE, "pod": pod, "container": container}
        at = _at("cadvisor", NODES[number])
        course = wave(used * GIBIBYTE, 0.08, shift=used)
        yield gauge("container_memory_working_set_bytes", course, **of, **at)
        yield gauge("container_memory_rss", wave(own * GIBIBYTE, 0.05, shift=own), **of, **at)


def _at(job: str, node: str) -> dict[str, str]:
    return {"job": job, "instance": f"10.0.{NODES.index(node) + 1}.2:10250", "node": node}


def _falling(free: float, pace: float) -> Course:
    return lambda minute: (free - pace * minute) * GIBIBYTE
