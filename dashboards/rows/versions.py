"""Stable and canary, side by side, of every service behind the gateway."""

from __future__ import annotations

from components.gateway.metrics import DURATION, ERRORS, FAILOVER, REQUESTS
from dashboards.model import Panel, Query, Row
from dashboards.promql import inference, quantile, rate

from .gateway import BUCKETS, NO_REQUESTS

BOTH = "{{service}} {{track}}"
BY_TRACK = "service, track"
DONE = rate(inference(REQUESTS), by=BY_TRACK)
FAILED = rate(inference(ERRORS), by=BY_TRACK)
FAILED_OVER = rate(inference(ERRORS, f'reason="{FAILOVER}"'), by=BY_TRACK)
CANARY = inference(REQUESTS, 'track="canary"')

SIDE_BY_SIDE = Row(
    title="Side by side",
    panels=(
        Panel(
            title="Requests",
            description=f"{REQUESTS} by version.",
            unit="reqps",
            queries=(Query(expr=DONE, legend=BOTH),),
            no_data=NO_REQUESTS,
            log=True,
        ),
        Panel(
            title="Failed requests",
            description=(
                f"{ERRORS} / {REQUESTS}, failovers included: for a version they are failures. "
                "0 without errors."
            ),
            unit="percentunit",
            queries=(Query(expr=f"({FAILED} or 0 * {DONE}) / ({DONE} > 0)", legend=BOTH),),
            no_data=NO_REQUESTS,
            alerts=("HighErrorRate", "CriticalErrorRate"),
        ),
        Panel(
            title="Answered by the other version",
            description=f'{ERRORS}{{reason="{FAILOVER}"}} / {REQUESTS}: its users notice nothing.',
            unit="percentunit",
            queries=(
                Query(
                    expr=(f"({FAILED_OVER} or 0 * {DONE}) / ({DONE} > 0)"),
                    legend=BOTH,
                ),
            ),
            no_data=NO_REQUESTS,
            alerts=("FailoversHigh",),
        ),
        *(
            Panel(
                title=f"P{per_cent}",
                description=f"{DURATION}: only what the version itself answered.",
                unit="ms",
                queries=(Query(expr=quantile(per_cent / 100, BUCKETS, by=BY_TRACK), legend=BOTH),),
                no_data=NO_REQUESTS,
                alerts=alerts,
                log=True,
            )
            for per_cent, alerts in (
                (50, ()),
                (95, ("HighInferenceLatency",)),
                (99, ("CriticalInferenceLatency",)),
            )
        ),
        Panel(
            title="Healthy servers",
            description="envoy_cluster_membership_healthy: the fewest that any gateway sees.",
            unit="short",
            queries=(
                Query(
                    expr=f"min by ({BY_TRACK}) ({inference('envoy_cluster_membership_healthy')})",
                    legend=BOTH,
                ),
            ),
            no_data="No gateway",
            steps=True,
        ),
        Panel(
            title="In progress",
            description="envoy_cluster_upstream_rq_active.",
            unit="short",
            queries=(
                Query(
                    expr=f"sum by ({BY_TRACK}) ({inference('envoy_cluster_upstream_rq_active')})",
                    legend=BOTH,
                ),
            ),
            no_data="No gateway",
        ),
        Panel(
            title="Canary's requests in an hour",
            description="How much evidence there is: requests of the newer version in an hour.",
            unit="short",
            queries=(
                Query(
                    expr=(f"sum by (service) (increase({CANARY}[1h]))"),
                    legend="{{service}}",
                ),
            ),
            no_data="No second version",
        ),
    ),
)
