"""AI Overview: is everything answering, how fast, and how often not."""

from __future__ import annotations

from alerts.inference import RATIO_RECORD
from components.gateway.metrics import DURATION, ERRORS, REQUESTS
from dashboards.model import Board, Panel, Query, Row, State
from dashboards.promql import inference, quantile, rate, recorded, scraped
from dashboards.rows.gateway import NO_REQUESTS

FAILED = recorded(RATIO_RECORD.format(window="5m"))
P95 = recorded("service:ai_inference_duration_ms:p95")
P99 = recorded("service:ai_inference_duration_ms:p99")
FINISHED = recorded("service:ai_inference_requests:increase5m")
ACTIVE = inference("envoy_cluster_upstream_rq_active")
FIRING = 'ALERTS{alertstate="firing", alertname!="Watchdog"}'
ERROR_RATES = ("HighErrorRate", "CriticalErrorRate")
LATENCIES = ("HighInferenceLatency", "CriticalInferenceLatency")
UP = {0: State(text="down", colour="red"), 1: State(text="up", colour="green")}
UP_BY_SERVICE = (
    f"max by (service) (label_replace({scraped('up')}, 'service', '$1', 'job', '(.+)')) "
    f"or max by (service) (label_replace({scraped('ollama_up')}, 'service', 'ollama', '', ''))"
)
BURN = "{long} / on () group_left () (1 - inference_objective_ratio)"

NOW = Row(
    title="Now",
    panels=(
        Panel(
            title="Requests",
            description=f"{REQUESTS} of the services that are chosen.",
            unit="reqps",
            queries=(Query(expr=rate(inference(REQUESTS))),),
            no_data=NO_REQUESTS,
            kind="stat",
            width=4,
            height=4,
        ),
        Panel(
            title="Failed, worst service",
            description="Share of the requests of 5 minutes that failed, as the alerts see it.",
            unit="percentunit",
            queries=(Query(expr=f"max({FAILED})"),),
            no_data=NO_REQUESTS,
            kind="stat",
            width=4,
            height=4,
            alerts=ERROR_RATES,
        ),
        Panel(
            title="P95, slowest service",
            description="95 % of the requests of 5 minutes took less.",
            unit="ms",
            queries=(Query(expr=f"max({P95})"),),
            no_data=NO_REQUESTS,
            kind="stat",
            width=4,
            height=4,
            alerts=("HighInferenceLatency",),
        ),
        Panel(
            title="P99, slowest service",
            description="99 % of the requests of 5 minutes took less.",
            unit="ms",
            queries=(Query(expr=f"max({P99})"),),
            no_data=NO_REQUESTS,
            kind="stat",
            width=4,
            height=4,
            alerts=("CriticalInferenceLatency",),
        ),
        Panel(
            title="In progress",
            description="Requests that the gateway has passed on and not finished.",
            unit="short",
            queries=(Query(expr=f"sum({ACTIVE})"),),
            no_data="No gateway",
            kind="stat",
            width=4,
            height=4,
        ),
        Panel(
            title="Alerts firing",
            description="Without Watchdog, which fires always.",
            unit="short",
            queries=(Query(expr=f"count({FIRING}) or vector(0)"),),
            no_data="No rules evaluated",
            kind="stat",
            width=4,
            height=4,
        ),
    ),
)

TRAFFIC = Row(
    title="Traffic",
    panels=(
        Panel(
            title="Requests by service",
            description=f"{REQUESTS}: what the gateway finished, all versions together.",
            unit="reqps",
            queries=(Query(expr=rate(inference(REQUESTS), by="service"), legend="{{service}}"),),
            no_data=NO_REQUESTS,
        ),
        Panel(
            title="Failed requests",
            description=(
                f"{ERRORS} divided by {REQUESTS}, over 5 minutes; without those that another "
                "version answered. (The guide's query, rate(ai_inference_errors_total), is errors "
                "a second.)"
            ),
            unit="percentunit",
            queries=(Query(expr=FAILED, legend="{{service}}"),),
            no_data=NO_REQUESTS,
            alerts=ERROR_RATES,
        ),
        Panel(
            title="Errors by reason",
            description="docs/decisions/0004 says what each reason means.",
            unit="reqps",
            queries=(
                Query(
                    expr=rate(inference(ERRORS), by="service, reason"),
                    legend="{{service}} {{reason}}",
                ),
            ),
            no_data="No errors",
            kind="stacked",
        ),
        Panel(
            title="P95 by service",
            description=f"{DURATION} over 5 minutes, as the alert sees it.",
            unit="ms",
            queries=(Query(expr=P95, legend="{{service}}"),),
            no_data=NO_REQUESTS,
            alerts=("HighInferenceLatency",),
            log=True,
        ),
        Panel(
            title="P99 by service",
            description=f"{DURATION} over 5 minutes, as the alert sees it.",
            unit="ms",
            queries=(Query(expr=P99, legend="{{service}}"),),
            no_data=NO_REQUESTS,
            alerts=("CriticalInferenceLatency",),
            log=True,
        ),
        Panel(
            title="P50 by service",
            description=f"{DURATION}: half of the requests took less.",
            unit="ms",
            queries=(
                Query(
                    expr=quantile(0.5, inference(f"{DURATION}_bucket"), by="service"),
                    legend="{{service}}",
                ),
            ),
            no_data=NO_REQUESTS,
            log=True,
        ),
    ),
)

HEALTH = Row(
    title="Health",
    panels=(
        Panel(
            title="Services",
            description="A service is up while one of its copies answers.",
            unit="none",
            queries=(Query(expr=UP_BY_SERVICE, legend="{{service}}"),),
            no_data="Nothing is scraped",
            kind="states",
            width=12,
            height=11,
            alerts=("ServiceDown",),
            states=UP,
        ),
        Panel(
            title="Firing alerts",
            description="What fires, how bad it is, and which service it is about.",
            unit="none",
            queries=(Query(expr=f"max by (alertname, severity, service) ({FIRING})"),),
            no_data="Nothing fires",
            kind="table",
            width=12,
            height=11,
        ),
        Panel(
            title="Accepted and not finished",
            description="Requests in progress of a service that finished none for 5 minutes.",
            unit="short",
            queries=(
                Query(
                    expr=(f"sum by (service) ({ACTIVE}) unless {FINISHED} > 0 or 0 * {FINISHED}"),
                    legend="{{service}}",
                ),
            ),
            no_data=NO_REQUESTS,
            alerts=("InferenceStalled",),
        ),
        Panel(
            title="Error budget, pace of the last hour",
            description=(
                "How many times as fast as the objective allows errors come. At 1 the month's "
                "allowance lasts a month."
            ),
            unit="none",
            queries=(
                Query(
                    expr=BURN.format(long=recorded(RATIO_RECORD.format(window="1h"))),
                    legend="{{service}}",
                ),
            ),
            no_data=NO_REQUESTS,
            alerts=("ErrorBudgetBurnFast",),
            decimals=1,
        ),
        Panel(
            title="Error budget, pace of the last day",
            description="The same over a day, for what is slow and lasts.",
            unit="none",
            queries=(
                Query(
                    expr=BURN.format(long=recorded(RATIO_RECORD.format(window="1d"))),
                    legend="{{service}}",
                ),
            ),
            no_data=NO_REQUESTS,
            alerts=("ErrorBudgetBurnSlow",),
            decimals=1,
        ),
    ),
)

BOARD = Board(
    uid="ai-overview",
    description="Is everything answering, how fast, and how often not.",
    rows=(NOW, TRAFFIC, HEALTH),
)
