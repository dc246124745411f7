"""Alerts on GPUs, and on models that were to be on one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .mapping import DCGM
from .model import Alert, Group

if TYPE_CHECKING:
    from .model import Facts

BOARD = "infrastructure-health"
GPU = "GPU {{ $labels.gpu }} of {{ $labels.Hostname }}"

# XIDs that an application causes, as NVIDIA's device plugin for Kubernetes leaves them out when it
# judges whether a GPU is healthy (k8s-device-plugin, internal/rm/health.go).
APPLICATION_XIDS = (13, 31, 43, 45, 68, 109)


def gpu(facts: Facts) -> Group:
    """Heat, memory, faults, and silence."""
    rules = (hot(facts), full(facts), fault(facts), silent(facts))
    return Group(name="gpu", rules=(*rules, *((on_cpu(facts),) if facts.ollama_on_gpu else ())))


def hot(facts: Facts) -> Alert:
    """Close to where the GPU slows itself down."""
    name = "GpuHot"
    return Alert(
        name=name,
        measures="DCGM_FI_DEV_GPU_TEMP",
        condition=facts.beyond(name, "DCGM_FI_DEV_GPU_TEMP"),
        severity="warning",
        category="gpu",
        service="gpu",
        dashboard=BOARD,
        summary="A GPU is so hot that it will slow down.",
        description=GPU + ' is at {{ $value | printf "%.0f" }} °C.',
        needs=DCGM,
    )


def full(facts: Facts) -> Alert:
    """No room for another model or for more requests at once."""
    name = "GpuMemoryFull"
    measures = "nv_gpu_memory_used_mb / nv_gpu_memory_total_mb"
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, measures),
        severity="warning",
        category="gpu",
        service="gpu",
        dashboard=BOARD,
        summary="The memory of a GPU is almost full.",
        description="{{ $value | humanizePercentage }} of the memory of " + GPU + " are used.",
        needs=DCGM,
    )


def fault(facts: Facts) -> Alert:
    """A fault that the driver reported within the hour.

    The metric is the number of the last fault and stays for ever, so only a new one counts.
    """
    name = "GpuError"
    measures = " unless ".join(
        (
            "DCGM_FI_DEV_XID_ERRORS",
            "DCGM_FI_DEV_XID_ERRORS == DCGM_FI_DEV_XID_ERRORS offset 1h",
            *(f"DCGM_FI_DEV_XID_ERRORS == {xid}" for xid in APPLICATION_XIDS),
        )
    )
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, f"({measures})"),
        severity="critical",
        category="gpu",
        service="gpu",
        dashboard=BOARD,
        summary="The driver reports a fault of a GPU.",
        description=GPU + ": XID {{ $value }}.",
        needs=DCGM,
    )


def silent(facts: Facts) -> Alert:
    """The exporter answers and sees no GPU: the driver hung, or the GPU fell off its bus."""
    name = "GpuMetricsMissing"
    measures = 'up{job="dcgm-exporter"} unless on (instance) DCGM_FI_DEV_FB_USED'
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, f"({measures})"),
        severity="critical",
        category="gpu",
        service="dcgm-exporter",
        dashboard=BOARD,
        summary="A GPU machine shows no GPU.",
        description="{{ $labels.instance }}: the exporter answers, but tells of no GPU.",
        needs=DCGM,
    )


def on_cpu(facts: Facts) -> Alert:
    """A model that does not fit spills to the CPU without a word, and is many times slower."""
    name = "OllamaModelOnCpu"
    measures = "ollama_model_vram_bytes / ollama_model_size_bytes"
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, measures),
        severity="warning",
        category="gpu",
        service="ollama",
        dashboard="ollama-detail",
        summary="A model runs partly on the CPU.",
        description=(
            "{{ $labels.model }} at {{ $labels.instance_address }}: only "
            "{{ $value | humanizePercentage }} of it are on the GPU."
        ),
        needs=frozenset({"ollama-exporter"}),
    )
