"""Triton: model inference."""

from .service import DynamicBatchingArgs, Triton, TritonArgs

__all__ = ["DynamicBatchingArgs", "Triton", "TritonArgs"]
