"""Alerts on machines, containers and money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .mapping import DCGM, KUBE_STATE, RESTARTS, either, named
from .model import Alert, Group, number

if TYPE_CHECKING:
    from .model import Facts

BOARD = "infrastructure-health"
NODE = frozenset({"node-exporter"})
WRITABLE = "and on (instance, mountpoint) node_filesystem_readonly == 0"

# A disk that is emptier than this fills for a reason (a download) more often than it fills up.
WORTH_A_LOOK = 0.6


def machines(facts: Facts) -> Group:
    """Memory, disks, and containers that end unasked."""
    return Group(
        name="machines",
        rules=(
            memory(facts),
            disk(facts),
            disk_soon(facts),
            killed(facts),
            restarting(facts),
            service_memory(facts),
        ),
    )


def memory(facts: Facts) -> Alert:
    """Memory that programs could still get, as the kernel estimates it."""
    name = "MemoryPressure"
    measures = "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, f"({measures})"),
        severity="critical",
        category="infrastructure",
        service="node",
        dashboard=BOARD,
        summary="A machine has almost no memory left.",
        description="{{ $labels.instance }}: {{ $value | humanizePercentage }} are used.",
        needs=NODE,
    )


def disk(facts: Facts) -> Alert:
    """On Kubernetes the kubelet throws away images at 85 % as well, so this may fire and end."""
    name = "DiskSpaceLow"
    measures = "1 - node_filesystem_avail_bytes / node_filesystem_size_bytes"
    return Alert(
        name=name,
        measures=measures,
        condition=f"{facts.beyond(name, f'({measures})')} {WRITABLE}",
        severity="warning",
        category="infrastructure",
        service="node",
        dashboard=BOARD,
        summary="A disk is almost full.",
        description=(
            "{{ $labels.instance }} {{ $labels.mountpoint }}: "
            "{{ $value | humanizePercentage }} are used."
        ),
        needs=NODE,
    )


def disk_soon(facts: Facts) -> Alert:
    """At the pace of the last hour the disk is full before long."""
    name = "DiskFullSoon"
    ahead = number(facts.threshold(name).value)
    measures = f"predict_linear(node_filesystem_avail_bytes[1h], {ahead})"
    used = "1 - node_filesystem_avail_bytes / node_filesystem_size_bytes"
    return Alert(
        name=name,
        measures=measures,
        condition=f"{measures} < 0 and ({used}) > {number(WORTH_A_LOOK)} {WRITABLE}",
        severity="critical",
        category="infrastructure",
        service="node",
        dashboard=BOARD,
        summary="A disk will be full within hours.",
        description="{{ $labels.instance }} {{ $labels.mountpoint }} fills up.",
        needs=NODE,
    )


def killed(facts: Facts) -> Alert:
    """The kernel counts its kills on every machine; on Kubernetes a pod's status names its own."""
    name = "OutOfMemoryKill"
    machine = named("increase(node_vmstat_oom_kill[15m])", "node")
    container = (
        'kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} '
        f"and on (namespace, pod, container) changes({RESTARTS}[15m]) > 0"
    )
    on_kubernetes = KUBE_STATE in facts.jobs
    measures = either(machine, named(container, label="container")) if on_kubernetes else machine
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, f"({measures})"),
        severity="warning",
        category="infrastructure",
        service="",
        dashboard=BOARD,
        summary="The kernel killed a process for want of memory.",
        description=(
            "{{ with $labels.pod }}{{ . }}: its container reached its memory limit.{{ else }}"
            "{{ $labels.instance }}: a container, or the machine, ran out of memory.{{ end }}"
        ),
        needs=NODE,
    )


def restarting(facts: Facts) -> Alert:
    """It starts again and again."""
    name = "ServiceRestarting"
    measures = "service:restarts:count1h"
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, measures),
        severity="warning",
        category="infrastructure",
        service="",
        dashboard=BOARD,
        summary="A service restarts again and again.",
        description=(
            "{{ $labels.service }}: {{ or $labels.pod $labels.instance }} started "
            "{{ $value }} times in an hour."
        ),
    )


def service_memory(facts: Facts) -> Alert:
    """Close to where the kernel ends it."""
    name = "ServiceMemoryHigh"
    measures = "service_memory_bytes / on (service) group_left service_memory_limit_bytes"
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, measures),
        severity="warning",
        category="infrastructure",
        service="",
        dashboard=BOARD,
        summary="A service has used almost all the memory it may use.",
        description=(
            "{{ $labels.service }}: {{ $labels.instance }} uses "
            "{{ $value | humanizePercentage }} of its limit."
        ),
    )


def budget(facts: Facts) -> Group:
    """Spend on GPUs, where the stack says what one costs and what may be spent."""
    name = "GpuBudgetExceeded"
    rule = Alert(
        name=name,
        measures="gpu:spend:usd_per_month",
        condition=facts.beyond(name, "gpu:spend:usd_per_month"),
        severity="warning",
        category="cost",
        service="gpu",
        dashboard="cost-analysis",
        summary="GPUs alone cost more than the month's budget.",
        description='At the pace of the last day: {{ $value | printf "%.0f" }} USD a month.',
        needs=DCGM,
    )
    return Group(name="cost", rules=(rule,) if facts.budget_usd and facts.gpu_hour_usd else ())
