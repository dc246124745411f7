"""Every board, one module each, in the order of their links."""

from __future__ import annotations

from . import (
    ai_overview,
    cost_analysis,
    faiss_detail,
    infrastructure_health,
    ollama_detail,
    rollout,
    triton_detail,
)

BOARDS = (
    ai_overview.BOARD,
    ollama_detail.BOARD,
    triton_detail.BOARD,
    faiss_detail.BOARD,
    cost_analysis.BOARD,
    infrastructure_health.BOARD,
    rollout.BOARD,
)

__all__ = ["BOARDS"]
