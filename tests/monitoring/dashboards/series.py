"""A made-up day of a whole platform, in the series that real servers were recorded with.

Ollama's second version runs, Triton's is paused and fails over, one model does not fit on its GPU.
Between them, every panel of every board has something to show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.monitoring.dashboards.backends import faiss, ollama, redis, triton
from tests.monitoring.dashboards.gateway import gateway
from tests.monitoring.dashboards.kubelets import kubelets
from tests.monitoring.dashboards.machines import gpus, monitoring, nodes, processes
from tests.monitoring.dashboards.rollouts import rollouts

if TYPE_CHECKING:
    from tests.monitoring.dashboards.shapes import Series


def platform(now: float) -> list[Series]:
    """Every series; ``now`` is the end of the day in seconds since 1970."""
    return [
        *gateway(),
        *ollama(),
        *triton(),
        *faiss(now),
        *redis(),
        *gpus(),
        *nodes(),
        *kubelets(),
        *processes(now),
        *monitoring(now),
        *rollouts(now),
    ]
