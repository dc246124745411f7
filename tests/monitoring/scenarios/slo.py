"""What short windows do not show: burn rates, failovers, standstill, queues. A step is 15 s."""

from __future__ import annotations

from tests.monitoring.promtool import Firing, Scenario
from tests.monitoring.scenarios.inference import errors, failing, ollama, requests

BURNS_FAST = ollama("7.3% of requests failed; the objective allows 0.5 % over a month.")
BURNS_SLOWLY = ollama("1.6% of requests failed; the objective allows 0.5 % over a month.")
FAILS_OVER = (
    Firing(
        labels={"service": "ollama", "track": "stable"},
        says="ollama stable: 6% of its requests were answered by another version.",
    ),
)

SLO = (
    Scenario(
        alert="ErrorBudgetBurnFast",
        name="fires at more than 14.4 times the allowance of 0.5 %, for two minutes",
        series=failing(73),
        expect={
            "2m": (),
            "2m15s": BURNS_FAST,
        },
    ),
    Scenario(
        alert="ErrorBudgetBurnFast",
        name="is silent at exactly six times the allowance",
        series=failing(30),
        expect={"2m15s": (), "15m": ()},
    ),
    Scenario(
        alert="ErrorBudgetBurnFast",
        name="goes on counting the time while a gateway restarts",
        series=requests("0+1000x10 0+1000x50") | errors("0+73x10 0+73x50"),
        expect={
            "2m": (),
            "2m15s": BURNS_FAST,
            "6m": BURNS_FAST,
        },
    ),
    Scenario(
        alert="ErrorBudgetBurnFast",
        name="is silent when one of two healthy gateways restarts after many errors of long ago",
        series=requests("0+1000x60")
        | errors("0+4x60")
        | requests("90000+1000x20 0+1000x39", "gw-2")
        | errors("50000+4x20 0+4x39", "gw-2"),
        expect={"5m15s": (), "7m30s": (), "15m": ()},
    ),
    Scenario(
        alert="ErrorBudgetBurnFast",
        name="finds what five minutes have too few requests for",
        series=requests("0+1x120") | errors("0+1x120"),
        every="1m",
        expect={
            "8m": (),
            "20m": ollama("100% of requests failed; the objective allows 0.5 % over a month."),
        },
    ),
    Scenario(
        alert="ErrorBudgetBurnSlow",
        name="fires at more than three times the allowance, for a quarter of an hour",
        series={key: value.replace("x60", "x80") for key, value in failing(16).items()},
        expect={
            "15m": (),
            "15m15s": BURNS_SLOWLY,
        },
    ),
    Scenario(
        alert="ErrorBudgetBurnSlow",
        name="goes on counting the time while a gateway restarts",
        series=requests("0+1000x30 0+1000x50") | errors("0+16x30 0+16x50"),
        expect={"15m": (), "15m15s": BURNS_SLOWLY},
    ),
    Scenario(
        alert="ErrorBudgetBurnSlow",
        name="is silent when a gateway restarts after many errors of long ago",
        series=requests("90000+1000x40 0+1000x40") | errors("50000+5x40 0+5x40"),
        expect={"15m15s": (), "20m": ()},
    ),
    Scenario(
        alert="ErrorBudgetBurnSlow",
        name="is silent when errors stay within the allowance",
        series={key: value.replace("x60", "x80") for key, value in failing(5).items()},
        expect={"15m15s": (), "20m": ()},
    ),
    Scenario(
        alert="FailoversHigh",
        name="fires when another version answers for 6 % of the requests, for five minutes",
        series=requests("0+100x60") | errors("0+6x60", reason="failover"),
        expect={
            "5m": (),
            "5m15s": FAILS_OVER,
        },
    ),
    Scenario(
        alert="FailoversHigh",
        name="goes on counting the time while a gateway restarts",
        series=requests("0+100x10 0+100x50") | errors("0+6x10 0+6x50", reason="failover"),
        expect={"5m": (), "5m15s": FAILS_OVER},
    ),
    Scenario(
        alert="FailoversHigh",
        name="is silent when a gateway restarts after many failovers of long ago",
        series=requests("90000+100x20 0+100x39") | errors("50000+4x20 0+4x39", reason="failover"),
        expect={"5m15s": (), "8m": (), "15m": ()},
    ),
    Scenario(
        alert="FailoversHigh",
        name="is silent at exactly 5 %",
        series=requests("0+100x60") | errors("0+5x60", reason="failover"),
        expect={"5m15s": (), "15m": ()},
    ),
    Scenario(
        alert="InferenceStalled",
        name="fires when requests wait and none is finished, for ten minutes",
        series=requests("100x80")
        | {
            'envoy_cluster_upstream_rq_active{job="gateway", instance="gw-1", service="ollama", '
            'track="stable"}': "4x80"
        },
        expect={
            "9m45s": (),
            "10m": ollama("4 requests wait, and none was finished in 5 minutes."),
        },
    ),
    Scenario(
        alert="InferenceStalled",
        name="is silent as long as some are finished, and where nobody asks",
        series=requests("0+1x80")
        | requests("100x80", service="faiss")
        | {
            'envoy_cluster_upstream_rq_active{job="gateway", instance="gw-1", service="ollama", '
            'track="stable"}': "4x80",
            'envoy_cluster_upstream_rq_active{job="gateway", instance="gw-1", service="faiss", '
            'track="stable"}': "0x80",
        },
        expect={"10m15s": (), "20m": ()},
    ),
    Scenario(
        alert="TritonQueueLong",
        name="fires when 51 requests wait for a model, for five minutes",
        series={
            'nv_inference_pending_request_count{job="triton", instance="t-1", model="m"}': "30x40",
            'nv_inference_pending_request_count{job="triton", instance="t-2", model="m"}': "21x40",
        },
        expect={
            "4m45s": (),
            "5m": (Firing(labels={"model": "m"}, says="51 requests wait for m."),),
        },
    ),
    Scenario(
        alert="TritonQueueLong",
        name="is silent at 50",
        series={
            'nv_inference_pending_request_count{job="triton", instance="t-1", model="m"}': "50x40"
        },
        expect={"5m": (), "10m": ()},
    ),
)
