"""The guide's names for what exporters call otherwise, and quantities that several rules need.

The request counters get their names when they are scraped (``components/gateway``). Here are the
gauges (report D §1.9): gauges may be added and converted, counters never before ``rate``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.thresholds import THRESHOLDS

from .model import Group, Record, number

if TYPE_CHECKING:
    from .model import Facts

DCGM = frozenset({"dcgm-exporter"})
KUBE_STATE = "kube-state-metrics"
KUBELET = "kubelet"
CADVISOR = "cadvisor"
"""Two pages of a kubelet: of itself and its volumes, and of its containers."""
OF_VOLUMES = ("kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes")
WORKING_SET = "container_memory_working_set_bytes"
OF_CONTAINERS = (WORKING_SET, "container_memory_rss")
SILENT = ("ollama", "triton")
"""Containers that do not tell their own memory (decision 8)."""
RESTARTS = "kube_pod_container_status_restarts_total"
GPU_LABELS = "Hostname, gpu, UUID, modelName"


def gpus() -> Group:
    """The guide's GPU metrics from those of dcgm-exporter."""
    return Group(
        name="gpu-metrics",
        rules=(
            Record(
                name="nvidia_smi_gpu_core_utilization",
                # Per cent. Under MIG there is no GPU_UTIL, only the share of busy engines (0 to 1).
                expr=(
                    "DCGM_FI_DEV_GPU_UTIL or on (Hostname, gpu) "
                    f"100 * max by ({GPU_LABELS}) (DCGM_FI_PROF_GR_ENGINE_ACTIVE)"
                ),
                needs=DCGM,
            ),
            # MiB, though the guide's names say mb. FB_TOTAL is not among the default fields.
            Record(name="nv_gpu_memory_used_mb", expr="DCGM_FI_DEV_FB_USED", needs=DCGM),
            Record(
                name="nv_gpu_memory_total_mb",
                expr="DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE + DCGM_FI_DEV_FB_RESERVED",
                needs=DCGM,
            ),
        ),
    )


def gpu_hours(facts: Facts) -> Group:
    """GPUs that are paid for and GPUs that work, once a minute.

    Summed over a day and divided by 60 they are GPU hours (report D §6; the guide's formula is 0
    for a GPU under steady load).
    """
    price = (
        Record(name="gpu_hour_price_usd", expr=f"vector({number(facts.gpu_hour_usd)})"),
        Record(
            name="gpu:spend:usd_per_month",
            # What the last 24 hours would come to in a month of 730.
            expr=(
                "sum_over_time(gpu:provisioned:count[24h]) / 60 / 24 * 730 "
                "* scalar(gpu_hour_price_usd)"
            ),
            needs=DCGM,
        ),
    )
    return Group(
        name="gpu-hours",
        interval_seconds=60,
        rules=(
            Record(
                name="gpu:provisioned:count",
                expr="count(nvidia_smi_gpu_core_utilization)",
                needs=DCGM,
            ),
            Record(
                name="gpu:utilised:sum",
                expr="sum(nvidia_smi_gpu_core_utilization) / 100",
                needs=DCGM,
            ),
            *(price if facts.gpu_hour_usd else ()),
            Record(name="inference_request_price_usd", expr=f"vector({number(facts.request_usd)})"),
        ),
    )


def memory(facts: Facts) -> tuple[str, ...]:
    """Memory of every service that tells it and, where kubelets are read, of the others.

    A process knows its own; of a container the kubelet knows what counts towards its limit, less
    the cache of files that the kernel would take back first.
    """
    told = (
        named("process_resident_memory_bytes"),
        named("envoy_server_memory_physical_size"),
        named("redis_memory_used_rss_bytes", "redis"),
    )
    if CADVISOR not in facts.jobs:
        return told
    # A copy is a pod here; the address is the kubelet's, and a restarted container has two series.
    containers = f"max by (pod, container) ({WORKING_SET})"
    copies = f'label_replace({containers}, "instance", "$1", "pod", "(.+)")'
    return (*told, named(copies, label="container"))


def services(facts: Facts) -> Group:
    """Memory and restarts of every service, on both platforms.

    On Kubernetes, restarts are those of the pods' status, which knows every container.
    """
    limits = tuple(
        Record(
            name="service_memory_limit_bytes",
            expr=f"vector({number(limit)})",
            labels={"service": job},
        )
        for job, limit in sorted(facts.memory_limits.items())
    )
    restarts = (
        named(f"changes({RESTARTS}[1h])", label="container")
        if KUBE_STATE in facts.jobs
        else either(
            named("changes(process_start_time_seconds[1h])"),
            named("resets(envoy_server_uptime[1h])"),
            named("resets(redis_uptime_in_seconds[1h])", "redis"),
        )
    )
    return Group(
        name="services",
        rules=(
            Record(name="service_memory_bytes", expr=either(*memory(facts))),
            *limits,
            Record(name="service:restarts:count1h", expr=restarts),
        ),
    )


def in_force(facts: Facts) -> Group:
    """The threshold of every alert, so that a panel draws what this stack has set."""
    return Group(
        name="thresholds",
        interval_seconds=60,
        rules=tuple(
            Record(
                name="alert_threshold",
                expr=f"vector({number(facts.threshold(alert).value)})",
                labels={"alertname": alert, "unit": facts.threshold(alert).unit},
            )
            for alert in THRESHOLDS
        ),
    )


def either(*expressions: str) -> str:
    """All series of all ``expressions``."""
    return " or ".join(expressions)


def named(expr: str, service: str = "", *, label: str = "job") -> str:
    """``expr`` with the label ``service``: the one given, or what ``label`` says."""
    source = f'"service", "{service}", "", ""' if service else f'"service", "$1", "{label}", "(.+)"'
    return f"label_replace({expr}, {source})"
