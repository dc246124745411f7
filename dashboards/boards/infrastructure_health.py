"""Infrastructure Health: machines, GPUs, services, Redis, and the monitoring itself."""

from __future__ import annotations

from dashboards.model import Board, Panel, Query, Row
from dashboards.promql import scraped
from dashboards.rows.gpus import GPUS
from dashboards.rows.machines import MACHINES
from dashboards.rows.redis import REDIS, UP
from dashboards.rows.volumes import VOLUMES
from dashboards.rows.watchers import WATCHERS

TARGETS = Row(
    title="Targets",
    panels=(
        Panel(
            title="What Prometheus scrapes",
            description="up, the worst copy of each job. A job without any copy has no bar.",
            queries=(Query(expr=f"min by (job) ({scraped('up')})", legend="{{job}}"),),
            no_data="Nothing is scraped",
            kind="states",
            width=12,
            height=12,
            alerts=("InstanceDown",),
            states=UP,
        ),
        Panel(
            title="Copies that answer",
            description="up, added up by job.",
            unit="short",
            queries=(Query(expr=f"sum by (job) ({scraped('up')})", legend="{{job}}"),),
            no_data="Nothing is scraped",
            width=6,
            height=12,
            steps=True,
        ),
        Panel(
            title="Left monitoring",
            description=(
                "Jobs for which TargetMissing fires: Prometheus finds no address of them at all, "
                "so up is not even 0."
            ),
            unit="short",
            queries=(
                Query(
                    expr=(
                        'count(ALERTS{alertname="TargetMissing", alertstate="firing"}) or vector(0)'
                    )
                ),
            ),
            no_data="No rules evaluated",
            kind="stat",
            width=3,
            height=12,
            alerts=("TargetMissing",),
        ),
        Panel(
            title="Down",
            description="Copies that do not answer.",
            unit="short",
            queries=(Query(expr=f"count({scraped('up')} == 0) or vector(0)"),),
            no_data="Nothing is scraped",
            kind="stat",
            width=3,
            height=12,
        ),
    ),
)

SERVICES = Row(
    title="Services",
    panels=(
        Panel(
            title="Memory, of what a service may use",
            description="service_memory_bytes / service_memory_limit_bytes, by copy.",
            unit="percentunit",
            queries=(
                Query(
                    expr=(
                        "service_memory_bytes / on (service) group_left service_memory_limit_bytes"
                    ),
                    legend="{{service}} {{instance}}",
                ),
            ),
            no_data="No service tells",
            width=12,
            height=10,
            alerts=("ServiceMemoryHigh",),
        ),
        Panel(
            title="Restarts in an hour",
            description="service:restarts:count1h, by copy.",
            unit="short",
            queries=(
                Query(expr="max by (service) (service:restarts:count1h)", legend="{{service}}"),
            ),
            no_data="No service tells",
            width=12,
            height=10,
            alerts=("ServiceRestarting",),
        ),
    ),
)

BOARD = Board(
    uid="infrastructure-health",
    description="Machines, GPUs, containers, Redis, and the monitoring itself.",
    rows=(TARGETS, MACHINES, VOLUMES, GPUS, SERVICES, REDIS, WATCHERS),
)
