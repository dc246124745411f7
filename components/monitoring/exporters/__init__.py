"""Exporters: they ask what has no metrics of its own."""

from .dcgm import DcgmExporter, DcgmExporterArgs
from .kube_state import KubeStateMetrics, KubeStateMetricsArgs
from .node import NodeExporter, NodeExporterArgs
from .ollama import OllamaExporter, OllamaExporterArgs
from .redis import RedisExporter, RedisExporterArgs

__all__ = [
    "DcgmExporter",
    "DcgmExporterArgs",
    "KubeStateMetrics",
    "KubeStateMetricsArgs",
    "NodeExporter",
    "NodeExporterArgs",
    "OllamaExporter",
    "OllamaExporterArgs",
    "RedisExporter",
    "RedisExporterArgs",
]
