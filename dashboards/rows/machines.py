"""Machines: memory, CPU and disks."""

from __future__ import annotations

from dashboards.model import Panel, Query, Row
from dashboards.promql import rate, scraped

NO_NODE = "No machine is watched"
IDLE = scraped("node_cpu_seconds_total", 'mode=~"idle|iowait"')
WRITABLE = f"and on (instance, mountpoint) {scraped('node_filesystem_readonly')} == 0"
SIZE, FREE = scraped("node_filesystem_size_bytes"), scraped("node_filesystem_avail_bytes")
DISK = "{{instance}} {{mountpoint}}"

MACHINES = Row(
    title="Machines",
    panels=(
        Panel(
            title="Memory used",
            description="1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes.",
            unit="percentunit",
            queries=(
                Query(
                    expr=(
                        f"1 - {scraped('node_memory_MemAvailable_bytes')} "
                        f"/ {scraped('node_memory_MemTotal_bytes')}"
                    ),
                    legend="{{instance}}",
                ),
            ),
            no_data=NO_NODE,
            alerts=("MemoryPressure",),
            maximum=1,
        ),
        Panel(
            title="CPU busy",
            description="node_cpu_seconds_total: all modes but idle and iowait.",
            unit="percentunit",
            queries=(
                Query(
                    expr=(
                        "1 - sum by (instance) (rate("
                        f"{IDLE}"
                        "[$__rate_interval])) / sum by (instance) (rate("
                        f"{scraped('node_cpu_seconds_total')}[$__rate_interval]))"
                    ),
                    legend="{{instance}}",
                ),
            ),
            no_data=NO_NODE,
            maximum=1,
        ),
        Panel(
            title="Time that work stood still",
            description=(
                "node_pressure: share of the time in which something waited for CPU or disk, or "
                "in which nothing ran for want of memory."
            ),
            unit="percentunit",
            queries=tuple(
                Query(
                    expr=rate(scraped(f"node_pressure_{what}_seconds_total"), by="instance"),
                    legend=f"{{{{instance}}}} {what.partition('_')[0]}",
                )
                for what in ("cpu_waiting", "io_waiting", "memory_stalled")
            ),
            no_data="This kernel does not tell",
        ),
        Panel(
            title="Disks used",
            description=(
                "1 - node_filesystem_avail_bytes / node_filesystem_size_bytes, of what can be "
                "written. A kubelet throws images away at 85 % too."
            ),
            unit="percentunit",
            queries=(Query(expr=f"1 - {FREE} / {SIZE} {WRITABLE}", legend=DISK),),
            no_data=NO_NODE,
            alerts=("DiskSpaceLow",),
            maximum=1,
        ),
        Panel(
            title="Until a disk is full",
            description=(
                "At the pace of the last hour; nothing where a disk does not fill. The alert "
                "wants more than 60 % used besides."
            ),
            unit="s",
            queries=(Query(expr=f"{FREE} / -(deriv({FREE}[1h]) < 0) {WRITABLE}", legend=DISK),),
            no_data="No disk fills",
            alerts=("DiskFullSoon",),
            log=True,
        ),
        Panel(
            title="Killed for want of memory",
            description="node_vmstat_oom_kill within 15 minutes, by machine.",
            unit="short",
            queries=(
                Query(
                    expr=f"increase({scraped('node_vmstat_oom_kill')}[15m])",
                    legend="{{instance}}",
                ),
            ),
            no_data=NO_NODE,
            alerts=("OutOfMemoryKill",),
        ),
    ),
)
