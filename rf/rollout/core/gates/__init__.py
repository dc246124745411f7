"""The gates: each looks at one property of the evidence and gives a verdict on it."""

from .absolute import absolute_gates
from .device import device_gate
from .health import uptime_gate
from .metrics import metrics_gate
from .relative import errors_vs_control, latency_vs_control
from .share import share_gate

__all__ = [
    "absolute_gates",
    "device_gate",
    "errors_vs_control",
    "latency_vs_control",
    "metrics_gate",
    "share_gate",
    "uptime_gate",
]
