"""GPUs, as dcgm-exporter sees them."""

from __future__ import annotations

from dashboards.model import Panel, Query, Row
from dashboards.promql import scraped

NO_GPU = "No GPU is watched"
GPU = "{{Hostname}} GPU {{gpu}}"
EXPORTERS = scraped("up", 'job="dcgm-exporter"')

GPUS = Row(
    title="GPUs",
    panels=(
        Panel(
            title="GPU busy",
            description="nvidia_smi_gpu_core_utilization, recorded from dcgm-exporter.",
            unit="percent",
            queries=(Query(expr="nvidia_smi_gpu_core_utilization", legend=GPU),),
            no_data=NO_GPU,
            maximum=100,
        ),
        Panel(
            title="GPU memory used",
            description="nv_gpu_memory_used_mb / nv_gpu_memory_total_mb (MiB, whatever the name).",
            unit="percentunit",
            queries=(Query(expr="nv_gpu_memory_used_mb / nv_gpu_memory_total_mb", legend=GPU),),
            no_data=NO_GPU,
            alerts=("GpuMemoryFull",),
            maximum=1,
        ),
        Panel(
            title="GPU temperature",
            description="DCGM_FI_DEV_GPU_TEMP.",
            unit="celsius",
            queries=(Query(expr=scraped("DCGM_FI_DEV_GPU_TEMP"), legend=GPU),),
            no_data=NO_GPU,
            alerts=("GpuHot",),
        ),
        Panel(
            title="Last fault",
            description=(
                "DCGM_FI_DEV_XID_ERRORS: number of the last fault that the driver reported. It "
                "stays until the driver starts anew; the alert wants a new one."
            ),
            unit="none",
            queries=(Query(expr=scraped("DCGM_FI_DEV_XID_ERRORS"), legend=GPU),),
            no_data=NO_GPU,
            alerts=("GpuError",),
            steps=True,
        ),
        Panel(
            title="GPU machines that show no GPU",
            description="The exporter answers and tells of no GPU: the driver hangs.",
            unit="short",
            queries=(
                Query(
                    expr=(
                        f"count({EXPORTERS} "
                        f"unless on (instance) {scraped('DCGM_FI_DEV_FB_USED')}) "
                        f"or 0 * count({EXPORTERS})"
                    ),
                    legend="machines",
                ),
            ),
            no_data=NO_GPU,
            alerts=("GpuMetricsMissing",),
            steps=True,
        ),
        Panel(
            title="GPU power",
            description="DCGM_FI_DEV_POWER_USAGE.",
            unit="watt",
            queries=(Query(expr=scraped("DCGM_FI_DEV_POWER_USAGE"), legend=GPU),),
            no_data=NO_GPU,
        ),
    ),
)
