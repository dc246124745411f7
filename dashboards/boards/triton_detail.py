"""Triton Detail: models, queues and where the time of a request goes.

Triton counts microseconds and requests, so an average is a ratio of two rates. It has no
histogram of whole requests: percentiles are the gateway's.
"""

from __future__ import annotations

from dashboards.model import Board, Panel, Query, Row
from dashboards.promql import rate, scraped
from dashboards.rows.containers import memory
from dashboards.rows.gateway import traffic

BY_MODEL = "{{model}}"
NO_MODELS = "No model has been asked"
SERVERS_UP = scraped("up", 'job="triton"')
PARTS = ("queue", "compute_input", "compute_infer", "compute_output")


def per_request(counter: str, *, by: str = "") -> str:
    """Mean microseconds a request, over the requests that succeeded."""
    return (
        f"{rate(scraped(counter), by=by)} "
        f"/ ({rate(scraped('nv_inference_request_success'), by=by)} > 0)"
    )


NOW = Row(
    title="Now",
    panels=(
        Panel(
            title="Servers",
            description="Servers whose metrics answer.",
            unit="short",
            queries=(Query(expr=f"sum({SERVERS_UP})"),),
            no_data="No server",
            kind="stat",
            width=6,
            height=4,
        ),
        Panel(
            title="Models",
            description="Models that are loaded, versions apart.",
            unit="short",
            queries=(
                Query(
                    expr=(
                        "count(count by (model, version) "
                        f"({scraped('nv_inference_pending_request_count')}))"
                    )
                ),
            ),
            no_data="No model",
            kind="stat",
            width=6,
            height=4,
        ),
        Panel(
            title="Failed requests",
            description="Share of all that Triton took; cancelled ones count too.",
            unit="percentunit",
            queries=(
                Query(
                    expr=(
                        f"{rate(scraped('nv_inference_request_failure'))} "
                        f"/ ({rate(scraped('nv_inference_request_failure'))} "
                        f"+ {rate(scraped('nv_inference_request_success'))})"
                    )
                ),
            ),
            no_data=NO_MODELS,
            kind="stat",
            width=6,
            height=4,
        ),
        Panel(
            title="Longest queue",
            description="Requests that wait for a free instance of their model.",
            unit="short",
            queries=(
                Query(
                    expr=f"max(sum by (model) ({scraped('nv_inference_pending_request_count')}))"
                ),
            ),
            no_data="No model",
            kind="stat",
            width=6,
            height=4,
            alerts=("TritonQueueLong",),
        ),
    ),
)

MODELS = Row(
    title="Models",
    panels=(
        Panel(
            title="Inferences",
            description="nv_inference_count: a batch of n counts n times.",
            unit="ops",
            queries=(Query(expr=rate(scraped("nv_inference_count"), by="model"), legend=BY_MODEL),),
            no_data=NO_MODELS,
        ),
        Panel(
            title="Batch size",
            description=(
                "nv_inference_count / nv_inference_exec_count: 1 means that dynamic batching "
                "finds nothing to put together."
            ),
            unit="short",
            queries=(
                Query(
                    expr=(
                        f"{rate(scraped('nv_inference_count'), by='model')} "
                        f"/ ({rate(scraped('nv_inference_exec_count'), by='model')} > 0)"
                    ),
                    legend=BY_MODEL,
                ),
            ),
            no_data=NO_MODELS,
            decimals=1,
        ),
        Panel(
            title="Failures by reason",
            description="nv_inference_request_failure.",
            unit="reqps",
            queries=(
                Query(
                    expr=rate(scraped("nv_inference_request_failure"), by="model, reason"),
                    legend="{{model}} {{reason}}",
                ),
            ),
            no_data=NO_MODELS,
            kind="stacked",
        ),
        Panel(
            title="Queue",
            description="nv_inference_pending_request_count, all servers together.",
            unit="short",
            queries=(
                Query(
                    expr=f"sum by (model) ({scraped('nv_inference_pending_request_count')})",
                    legend=BY_MODEL,
                ),
            ),
            no_data="No model",
            alerts=("TritonQueueLong",),
        ),
        Panel(
            title="Mean time of a request",
            description="nv_inference_request_duration_us, queue included.",
            unit="µs",
            queries=(
                Query(
                    expr=per_request("nv_inference_request_duration_us", by="model"),
                    legend=BY_MODEL,
                ),
            ),
            no_data=NO_MODELS,
        ),
        Panel(
            title="Where the time goes",
            description="The parts of a mean request: waiting, reading input, the model, output.",
            unit="µs",
            queries=tuple(
                Query(expr=per_request(f"nv_inference_{part}_duration_us"), legend=part)
                for part in PARTS
            ),
            no_data=NO_MODELS,
            kind="stacked",
        ),
    ),
)

SERVERS = Row(
    title="Servers",
    panels=(
        Panel(
            title="Load time of models",
            description=(
                "nv_model_load_duration_secs: of the last load. Triton documents it nowhere, and "
                "releases of before 2025 lack it."
            ),
            unit="s",
            queries=(
                Query(
                    expr=f"max by (model) ({scraped('nv_model_load_duration_secs')})",
                    legend=BY_MODEL,
                ),
            ),
            no_data="This release does not tell",
        ),
        Panel(
            title="CPU",
            description="nv_cpu_utilization of the machine, as each server sees it.",
            unit="percentunit",
            queries=(Query(expr=scraped("nv_cpu_utilization"), legend="{{instance}}"),),
            no_data="No server",
            maximum=1,
        ),
        Panel(
            title="Pinned memory",
            description="nv_pinned_memory_pool_used_bytes: when it is full, copies to GPUs slow.",
            unit="percentunit",
            queries=(
                Query(
                    expr=(
                        f"{scraped('nv_pinned_memory_pool_used_bytes')} "
                        f"/ {scraped('nv_pinned_memory_pool_total_bytes')}"
                    ),
                    legend="{{instance}}",
                ),
            ),
            no_data="No GPU, so no pool",
            maximum=1,
        ),
        memory("triton"),
    ),
)

BOARD = Board(
    uid="triton-detail",
    description="Models, queues and where the time of a request goes.",
    jobs=("cadvisor", "gateway", "triton"),
    service="triton",
    rows=(NOW, traffic(), MODELS, SERVERS),
)
