"""Ollama Detail: models in memory, how often they are loaded, and what clients see of it.

Ollama has no metrics (report D §1.2). Its exporter asks which models are loaded, the gateway sees
the requests, and nothing sees tokens.
"""

from __future__ import annotations

from components.gateway.metrics import DURATION
from dashboards.model import Board, Panel, Query, Row, State
from dashboards.promql import inference, scraped
from dashboards.rows.containers import memory
from dashboards.rows.gateway import BUCKETS, NO_REQUESTS, traffic
from dashboards.rows.loads import LOADED, LOADS, loads

SLOWEST = f"histogram_quantile(1, sum by (le) (increase({BUCKETS}[5m])))"
LOADED_RECENTLY = f"sum({loads('5m')}) > 0"
NO_MODELS = "No model is loaded"
IN_MEMORY = {0: State(text="on disk", colour="text"), 1: State(text="loaded", colour="green")}


def number(title: str, description: str, expr: str, unit: str = "short") -> Panel:
    """A small number at the top."""
    return Panel(
        title=title,
        description=description,
        unit=unit,
        queries=(Query(expr=expr),),
        no_data="Exporter does not answer",
        kind="stat",
        width=4,
        height=4,
    )


NOW = Row(
    title="Now",
    panels=(
        number("Servers", "Servers that answer the exporter.", f"sum({scraped('ollama_up')})"),
        number(
            "Models on disk",
            "Of the server with most.",
            f"max({scraped('ollama_models_available')})",
        ),
        number("Models loaded", "All servers together.", f"sum({LOADED})"),
        number("Loads, last hour", "Models that came into memory.", f"sum({LOADS})"),
        number(
            "Memory on GPUs",
            "What loaded models take, by Ollama's account.",
            f"sum({scraped('ollama_model_vram_bytes')})",
            "bytes",
        ),
        Panel(
            title="On the GPU, worst model",
            description="A model that does not fit runs partly on the CPU, many times slower.",
            unit="percentunit",
            queries=(
                Query(
                    expr=(
                        f"min({scraped('ollama_model_vram_bytes')} "
                        f"/ {scraped('ollama_model_size_bytes')})"
                    )
                ),
            ),
            no_data=NO_MODELS,
            kind="stat",
            width=4,
            height=4,
            alerts=("OllamaModelOnCpu",),
        ),
    ),
)

MODELS = Row(
    title="Models",
    panels=(
        Panel(
            title="Loads per hour",
            description=(
                "How often each model came into memory within an hour, on all servers. A model "
                "that comes and goes is too big for what is left beside the others, or is asked "
                "for more seldom than keep_alive. A load between two scrapes is not seen."
            ),
            unit="short",
            queries=(Query(expr=LOADS, legend="{{model}}"),),
            no_data="No model was loaded for an hour",
            decimals=0,
        ),
        Panel(
            title="Load time, upper bound",
            description=(
                "Ollama tells nobody how long a load took. It is part of the first request that "
                "wants the model, so this shows the slowest request of the 5 minutes in which a "
                f"model was loaded ({DURATION}, the bound of its bucket): no load took longer."
            ),
            unit="ms",
            queries=(Query(expr=f"{SLOWEST} and on () {LOADED_RECENTLY}", legend="at most"),),
            no_data="No load in this time",
        ),
        Panel(
            title="On the GPU",
            description=(
                "ollama_model_vram_bytes / ollama_model_size_bytes: below 100 % a part of the "
                "model is on the CPU."
            ),
            unit="percentunit",
            queries=(
                Query(
                    expr=(
                        f"min by (model) ({scraped('ollama_model_vram_bytes')} "
                        f"/ {scraped('ollama_model_size_bytes')})"
                    ),
                    legend="{{model}}",
                ),
            ),
            no_data=NO_MODELS,
            alerts=("OllamaModelOnCpu",),
        ),
        Panel(
            title="Which model is in memory",
            description="ollama_model_loaded, by server.",
            queries=(Query(expr=LOADED, legend="{{model}} at {{instance_address}}"),),
            no_data="No model on disk",
            kind="states",
            width=12,
            states=IN_MEMORY,
        ),
        Panel(
            title="Memory of loaded models",
            description="ollama_model_size_bytes, on GPU and CPU together.",
            unit="bytes",
            queries=(
                Query(
                    expr=f"sum by (model) ({scraped('ollama_model_size_bytes')})",
                    legend="{{model}}",
                ),
            ),
            no_data=NO_MODELS,
            kind="stacked",
            width=12,
        ),
        Panel(
            title="Until an idle model goes",
            description="ollama_model_expires_seconds: each request puts it back to keep_alive.",
            unit="s",
            queries=(
                Query(
                    expr=f"{scraped('ollama_model_expires_seconds')} < Inf",
                    legend="{{model}} at {{instance_address}}",
                ),
            ),
            no_data="No model is to go",
            width=12,
        ),
        Panel(
            title="Waiting and in progress",
            description=(
                "Requests that the gateway has passed on. What is beyond num_parallel times the "
                "servers waits inside Ollama."
            ),
            unit="short",
            queries=(
                Query(
                    expr=f"sum by (track) ({inference('envoy_cluster_upstream_rq_active')})",
                    legend="{{track}}",
                ),
            ),
            no_data=NO_REQUESTS,
            width=12,
        ),
        memory("ollama"),
    ),
)

BOARD = Board(
    uid="ollama-detail",
    description="Models in memory, how often they are loaded, and what clients see of it.",
    jobs=("cadvisor", "gateway", "ollama-exporter"),
    service="ollama",
    rows=(NOW, traffic(), MODELS),
)
