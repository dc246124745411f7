"""Memory of the containers that do not tell it themselves, by what kubelets say of them."""

from __future__ import annotations

from alerts.mapping import WORKING_SET
from dashboards.model import WIDTH, Panel, Query
from dashboards.promql import scraped
from dashboards.rows.volumes import NOT_READ


def memory(service: str) -> Panel:
    """What the containers of ``service`` take, beside what they may."""
    used, own = (
        scraped(metric, f'container="{service}"')
        for metric in (WORKING_SET, "container_memory_rss")
    )
    return Panel(
        title="Memory of the container",
        description=(
            f"{WORKING_SET} counts towards the limit, less the cache of files that the kernel "
            "takes back first. The server's own part of it is container_memory_rss: the rest is "
            "files that were read, such as models, and shared memory."
        ),
        unit="bytes",
        queries=(
            Query(expr=f"max by (pod) ({used})", legend="{{pod}}"),
            Query(expr=f"max by (pod) ({own})", legend="{{pod}} own"),
            Query(expr=f'max(service_memory_limit_bytes{{service="{service}"}})', legend="limit"),
        ),
        no_data=NOT_READ,
        width=WIDTH,
    )
