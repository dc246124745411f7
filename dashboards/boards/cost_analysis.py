"""Cost Analysis: GPUs that are paid for, GPUs that work, and what a request costs.

The guide's two formulas are replaced, with their names kept in the text (report D §6).
"""

from __future__ import annotations

from dataclasses import replace

from components.gateway.metrics import REQUESTS
from dashboards.model import Board, Number, Panel, Query, Row
from dashboards.promql import increase, inference, scraped
from dashboards.rows.gateway import NO_REQUESTS
from dashboards.rows.loads import LOADS
from dashboards.rows.prices import ASSUMED, WHY, as_of, assumption, gpu_hour

PRICE = "scalar(gpu_hour_price_usd or vector($gpu_hour))"
PROVISIONED = "gpu:provisioned:count"
UTILISED = "gpu:utilised:sum"
NO_GPU = "No GPU is watched"
# Both are recorded once a minute.
BILLED_HOURS = f"sum_over_time({PROVISIONED}[{{window}}]) / 60"
USED_HOURS = f"sum_over_time({UTILISED}[{{window}}]) / 60"
BILLED_DAY, USED_DAY = BILLED_HOURS.format(window="24h"), USED_HOURS.format(window="24h")
REQUESTS_DAY = increase(inference(REQUESTS), "24h")
REQUEST_PRICE = "scalar(inference_request_price_usd)"


def number(title: str, description: str, expr: str, unit: str, no_data: str = NO_GPU) -> Panel:
    """A small number."""
    return Panel(
        title=title,
        description=description,
        unit=unit,
        queries=(Query(expr=expr),),
        no_data=no_data,
        kind="stat",
        width=6,
        height=4,
        decimals=2,
    )


DAY = Row(
    title="The last 24 hours",
    panels=(
        number("GPU hours billed", "Each GPU, for as long as it was there.", BILLED_DAY, "short"),
        number("GPU hours used", "The same, times how busy each GPU was.", USED_DAY, "short"),
        number(
            "Waste",
            "Share of the GPU hours that were paid for and not used.",
            f"1 - ({USED_DAY}) / ({BILLED_DAY})",
            "percentunit",
        ),
        number(
            "GPU cost",
            "GPU hours billed, times the price of one.",
            f"{BILLED_DAY} * {PRICE}",
            "currencyUSD",
        ),
        number(
            "Requests",
            f"{REQUESTS} of the services that are chosen.",
            REQUESTS_DAY,
            "short",
            NO_REQUESTS,
        ),
        replace(
            number(
            "GPU cost of 1,000 requests",
            "GPU cost divided by requests of the same day.",
            f"1000 * {BILLED_DAY} * {PRICE} / on () ({REQUESTS_DAY} > 0)",
            "currencyUSD",
            NO_REQUESTS,
            ),
            decimals=4,
        ),
        number(
            "Cost by requests",
            "Requests, times what one is taken to cost.",
            f"{REQUESTS_DAY} * {REQUEST_PRICE}",
            "currencyUSD",
            NO_REQUESTS,
        ),
        number("Price of a GPU hour", "What all of this is worked out with.", f"vector({PRICE})",
               "currencyUSD"),
    ),
)  # fmt: skip

BASIS = Row(
    title="What the numbers rest on",
    panels=(
        Panel(
            title="Prices",
            description="Which price is assumed, and of which day.",
            kind="text",
            width=10,
            height=9,
            text=assumption(),
        ),
        Panel(
            title="Formulas",
            description="What the guide's formulas give, and what stands in their place.",
            kind="text",
            width=14,
            height=9,
            text=WHY,
        ),
    ),
)

COURSE = Row(
    title="Over time",
    panels=(
        Panel(
            title="GPUs billed and used",
            description="The distance between the two lines is money.",
            unit="short",
            queries=(
                Query(expr=PROVISIONED, legend="billed"),
                Query(expr=UTILISED, legend="used"),
            ),
            no_data=NO_GPU,
        ),
        Panel(
            title="Waste",
            description="Share of the last hour's GPU time that nothing used.",
            unit="percentunit",
            queries=(
                Query(
                    expr=(
                        f"1 - ({USED_HOURS.format(window='1h')}) "
                        f"/ ({BILLED_HOURS.format(window='1h')})"
                    ),
                    legend="waste",
                ),
            ),
            no_data=NO_GPU,
            maximum=1,
        ),
        Panel(
            title="Cost of an hour",
            description="GPUs billed, times the price of one for an hour.",
            unit="currencyUSD",
            queries=(Query(expr=f"{PROVISIONED} * {PRICE}", legend="USD an hour"),),
            no_data=NO_GPU,
            decimals=2,
        ),
        Panel(
            title="At this pace, a month",
            description=(
                "What the last 24 hours would come to in 730 hours. The line is the stack's "
                "`cost.budget`; it is recorded only where the stack names its `cost.gpu_node_type`."
            ),
            unit="currencyUSD",
            queries=(Query(expr="gpu:spend:usd_per_month", legend="USD a month"),),
            no_data="The stack names no cost.gpu_node_type",
            alerts=("GpuBudgetExceeded",),
            decimals=0,
        ),
        Panel(
            title="Cost of 1,000 requests",
            description=(
                "GPU cost of an hour, divided by the requests of that hour. It rises at night: "
                "GPUs are paid for while nobody asks."
            ),
            unit="currencyUSD",
            queries=(
                Query(
                    expr=(
                        f"1000 * {BILLED_HOURS.format(window='1h')} * {PRICE} "
                        f"/ on () ({increase(inference(REQUESTS), '1h')} > 0)"
                    ),
                    legend="USD",
                ),
            ),
            no_data=NO_REQUESTS,
            decimals=4,
        ),
        Panel(
            title="Requests an hour",
            description=f"{REQUESTS} by service.",
            unit="short",
            queries=(
                Query(expr=increase(inference(REQUESTS), "1h", by="service"), legend="{{service}}"),
            ),
            no_data=NO_REQUESTS,
            kind="stacked",
        ),
        Panel(
            title="Model loads an hour",
            description='A load keeps a GPU busy and answers nothing (guide, "Reduce Costs").',
            unit="short",
            queries=(Query(expr=LOADS, legend="{{model}}"),),
            no_data="No model was loaded for an hour",
            decimals=0,
        ),
        Panel(
            title="Requests for each GPU hour used",
            description="How much comes out of the work that GPUs do.",
            unit="short",
            queries=(
                Query(
                    expr=(
                        f"{increase(inference(REQUESTS), '1h')} "
                        f"/ on () ({USED_HOURS.format(window='1h')} > 0)"
                    ),
                    legend="requests",
                ),
            ),
            no_data=NO_GPU,
        ),
        Panel(
            title="Energy",
            description="DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION of an hour (mJ there), all GPUs.",
            unit="kwatth",
            queries=(
                Query(
                    expr=(
                        f"{increase(scraped('DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION'), '1h')} / 3.6e9"
                    ),
                    legend="an hour",
                ),
            ),
            no_data=NO_GPU,
        ),
    ),
)

BOARD = Board(
    uid="cost-analysis",
    description="GPUs that are paid for, GPUs that work, and what a request costs.",
    jobs=("gateway", "dcgm-exporter", "ollama-exporter"),
    time="now-24h",
    numbers=(
        Number(
            name="gpu_hour",
            label="USD per GPU hour",
            description=f"Where the stack sets none: {ASSUMED}, {as_of()}",
            value=str(gpu_hour(ASSUMED)),
        ),
    ),
    rows=(DAY, BASIS, COURSE),
)
