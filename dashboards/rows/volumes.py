"""Volumes of a cluster, by what kubelets say of them."""

from __future__ import annotations

from alerts.mapping import OF_VOLUMES
from alerts.volumes import CLAIM
from dashboards.model import Panel, Query, Row
from dashboards.promql import scraped

NOT_READ = "No kubelet is read (kubelet_metrics)"
FREE, SIZE = (scraped(metric) for metric in OF_VOLUMES)
VOLUME = f"{{{{{CLAIM}}}}}"

VOLUMES = Row(
    title="Volumes",
    panels=(
        Panel(
            title="Volumes used",
            description=(
                "1 - kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes."
            ),
            unit="percentunit",
            queries=(
                Query(
                    expr=f"1 - min by ({CLAIM}) ({FREE}) / min by ({CLAIM}) ({SIZE})",
                    legend=VOLUME,
                ),
            ),
            no_data=NOT_READ,
            width=12,
            alerts=("VolumeSpaceLow",),
            maximum=1,
        ),
        Panel(
            title="Until a volume is full",
            description=(
                "At the pace of the last hour; nothing where a volume does not fill. The alert "
                "wants more than 60 % used besides."
            ),
            unit="s",
            queries=(
                Query(expr=f"min by ({CLAIM}) ({FREE} / -(deriv({FREE}[1h]) < 0))", legend=VOLUME),
            ),
            no_data="No volume fills, or no kubelet is read",
            width=12,
            alerts=("VolumeFullSoon",),
            log=True,
        ),
    ),
)
