"""Latency, errors and standstill, as the gateway counts them. A step is 15 s."""

from __future__ import annotations

from tests.monitoring.promtool import Firing, Scenario

WINDOW = "20"
"""Steps of the 5 minutes that rules look at."""


def requests(values: str, instance: str = "gw-1", service: str = "ollama") -> dict[str, str]:
    return {f"ai_inference_requests_total{{{_labels(instance, service)}}}": values}


def errors(values: str, instance: str = "gw-1", reason: str = "answer") -> dict[str, str]:
    labels = f'{_labels(instance, "ollama")}, reason="{reason}"'
    return {f"ai_inference_errors_total{{{labels}}}": values}


def durations(instance: str = "gw-1", **counts: str) -> dict[str, str]:
    """Cumulative counts by bound: ``le_5000="0+90x40"``; ``le_inf`` is all of them."""
    return {
        f'ai_inference_duration_ms_bucket{{{_labels(instance, "ollama")}, le="{bound}"}}': values
        for key, values in counts.items()
        for bound in ["+Inf" if key == "le_inf" else key.removeprefix("le_")]
    }


def _labels(instance: str, service: str) -> str:
    return f'job="gateway", instance="{instance}", service="{service}", track="stable"'


def ollama(says: str, **more: str) -> tuple[Firing, ...]:
    return (Firing(labels={"service": "ollama", **more}, says=f"ollama: {says}"),)


def slow(share: int, bound: int = 5000, beyond: int = 10_000) -> dict[str, str]:
    """A hundred requests a step, ``share`` of them longer than ``bound`` ms."""
    return requests("0+100x60") | durations(
        **{f"le_{bound}": f"0+{100 - share}x60", f"le_{beyond}": "0+100x60", "le_inf": "0+100x60"}
    )


def failing(of_a_thousand: int) -> dict[str, str]:
    return requests("0+1000x60") | errors(f"0+{of_a_thousand}x60")


SIX_PER_CENT = ollama("6% of the requests of the last 5 minutes failed.")

INFERENCE = (
    Scenario(
        alert="HighInferenceLatency",
        name="fires when one request in ten takes longer than 5 s, for two minutes",
        series=slow(10),
        expect={"2m": (), "2m15s": ollama("P95 of the last 5 minutes is 7500 ms.")},
    ),
    Scenario(
        alert="HighInferenceLatency",
        name="is silent when exactly one in twenty does: P95 is 5000 ms and not above",
        series=slow(5),
        expect={"2m15s": (), "15m": ()},
    ),
    Scenario(
        alert="HighInferenceLatency",
        name="keeps firing while a gateway restarts and counts from zero again",
        series=requests("0+100x6 0+100x54")
        | durations(
            le_5000="0+90x6 0+90x54", le_10000="0+100x6 0+100x54", le_inf="0+100x6 0+100x54"
        ),
        expect={"2m": (), "2m15s": ollama("P95 of the last 5 minutes is 7500 ms.")},
    ),
    Scenario(
        alert="HighInferenceLatency",
        name="is silent when a service is idle and its quantile is not a number",
        series=requests("5000x60")
        | durations(le_5000="10x60", le_10000="5000x60", le_inf="5000x60"),
        expect={"5m": (), "15m": ()},
    ),
    Scenario(
        alert="HighInferenceLatency",
        name="is silent below the minimum of requests",
        series=requests("0+0x30 1+0x30") | durations(le_5000="0x60", le_inf="0x30 1x30"),
        expect={"10m": (), "15m": ()},
    ),
    Scenario(
        alert="CriticalInferenceLatency",
        name="fires when two requests in a hundred take longer than 10 s, for a minute",
        series=slow(2, bound=10_000, beyond=15_000),
        expect={"1m": (), "1m15s": ollama("P99 of the last 5 minutes is 12500 ms.")},
    ),
    Scenario(
        alert="CriticalInferenceLatency",
        name="is silent when exactly one in a hundred does",
        series=slow(1, bound=10_000, beyond=15_000),
        expect={"1m15s": (), "15m": ()},
    ),
    Scenario(
        alert="CriticalInferenceLatency",
        name="fires when requests are beyond the last bound",
        series=requests("0+100x60")
        | durations(le_10000="0+50x60", le_300000="0+50x60", le_inf="0+100x60"),
        expect={"1m15s": ollama("P99 of the last 5 minutes is 300000 ms.")},
    ),
    Scenario(
        alert="HighErrorRate",
        name="fires at 6 % for five minutes",
        series=failing(60),
        expect={"5m": (), "5m15s": SIX_PER_CENT},
    ),
    Scenario(
        alert="HighErrorRate",
        name="is silent at exactly 5 %",
        series=failing(50),
        expect={"5m15s": (), "15m": ()},
    ),
    Scenario(
        alert="HighErrorRate",
        name="goes on counting the time while a gateway restarts",
        series=requests("0+1000x10 0+1000x50") | errors("0+60x10 0+60x50"),
        expect={"5m": (), "5m15s": SIX_PER_CENT},
    ),
    Scenario(
        alert="HighErrorRate",
        name="is silent when one of two healthy gateways restarts",
        series=requests("0+1000x60")
        | errors("0+40x60")
        | requests("90000+1000x20 0+1000x39", "gw-2")
        | errors("3600+40x20 0+40x39", "gw-2"),
        expect={"5m15s": (), "7m": (), "15m": ()},
    ),
    Scenario(
        alert="HighErrorRate",
        name="is silent when a healthy gateway's pod disappears",
        series=requests("0+1000x60")
        | errors("0+40x60")
        | requests("90000+1000x20 stale", "gw-2")
        | errors("3600+40x20 stale", "gw-2"),
        expect={"5m15s": (), "8m": (), "15m": ()},
    ),
    Scenario(
        alert="HighErrorRate",
        name="still fires when the pod of another gateway disappears",
        series=failing(60)
        | requests("90000+1000x8 stale", "gw-2")
        | errors("9+60x8 stale", "gw-2"),
        expect={"5m15s": SIX_PER_CENT},
    ),
    Scenario(
        alert="HighErrorRate",
        name="adds up what fails for different reasons",
        series=requests("0+1000x60") | errors("0+30x60") | errors("0+30x60", reason="timeout"),
        expect={"5m15s": SIX_PER_CENT},
    ),
    Scenario(
        alert="HighErrorRate",
        name="does not count requests that another version answered well",
        series=requests("0+1000x60") | errors("0+500x60", reason="failover"),
        expect={"15m": ()},
    ),
    Scenario(
        alert="HighErrorRate",
        name="fires for a service that is dead: all requests fail, none has a duration",
        series=requests("0+100x60") | errors("0+100x60", reason="unhealthy"),
        expect={"5m15s": ollama("100% of the requests of the last 5 minutes failed.")},
    ),
    Scenario(
        alert="CriticalErrorRate",
        name="fires at 11 % for a minute",
        series=failing(110),
        expect={"1m": (), "1m15s": ollama("11% of the requests of the last 5 minutes failed.")},
    ),
    Scenario(
        alert="CriticalErrorRate",
        name="is silent at exactly 10 %",
        series=failing(100),
        expect={"1m15s": (), "15m": ()},
    ),
    Scenario(
        alert="CriticalErrorRate",
        name="sees the first errors of a service that never failed before",
        # Five minutes of 100 a step; then the error counter is born at 700 and stays.
        series=requests("0+100x60") | errors(f"_x{WINDOW} 700x40"),
        expect={
            "5m45s": (),
            "6m": ollama("35% of the requests of the last 5 minutes failed."),
        },
    ),
    Scenario(
        alert="CriticalErrorRate",
        name="does not take old errors for new ones when Prometheus comes back",
        series=requests("_x8 90000+100x50") | errors("_x8 50000x50"),
        expect={"3m15s": (), "4m": (), "10m": ()},
    ),
    Scenario(
        alert="CriticalErrorRate",
        name="is silent below the minimum of requests",
        series=requests("0x20 3x20 6x20") | errors("0x20 3x20 6x20"),
        expect={"6m15s": (), "11m": ()},
    ),
)
