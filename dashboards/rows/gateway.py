"""What the gateway knows of one service: the same row on every board about one."""

from __future__ import annotations

from components.gateway.metrics import DURATION, ERRORS, REQUESTS
from dashboards.model import Panel, Query, Row
from dashboards.promql import inference, quantile, rate

BUCKETS = inference(f"{DURATION}_bucket")
NO_REQUESTS = "No requests yet"


def traffic() -> Row:
    """Requests, errors and durations of the board's service, by version."""
    return Row(
        title="As its clients see it",
        panels=(
            Panel(
                title="Requests",
                description=f"{REQUESTS}: requests that the gateway finished, by version.",
                unit="reqps",
                queries=(Query(expr=rate(inference(REQUESTS), by="track"), legend="{{track}}"),),
                no_data=NO_REQUESTS,
            ),
            Panel(
                title="Errors by reason",
                description=(
                    f"{ERRORS}: each failed request is in one reason. failover: another version "
                    "answered in its place."
                ),
                unit="reqps",
                queries=(Query(expr=rate(inference(ERRORS), by="reason"), legend="{{reason}}"),),
                no_data="No errors",
                kind="stacked",
            ),
            Panel(
                title="Duration",
                description=(
                    f"{DURATION}: until the last byte of the answer, so a streamed answer counts "
                    "in full."
                ),
                unit="ms",
                queries=tuple(
                    Query(
                        expr=quantile(per_cent / 100, BUCKETS, by="track"),
                        legend=f"P{per_cent} {{{{track}}}}",
                    )
                    for per_cent in (50, 95, 99)
                ),
                no_data=NO_REQUESTS,
                alerts=("HighInferenceLatency", "CriticalInferenceLatency"),
                log=True,
            ),
        ),
    )
