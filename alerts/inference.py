"""Latency, errors and standstill of the services behind the gateway, by the gateway's counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.gateway.metrics import DURATION, ERRORS, FAILOVER, REQUESTS

from .model import Alert, Group, Record

if TYPE_CHECKING:
    from .model import Facts, Severity

GATEWAY = frozenset({"gateway"})
BOARD = "ai-overview"
WINDOW = "5m"
SEEN_BY_USERS = f'{ERRORS}{{reason!="{FAILOVER}"}}'
"""A request that another version answered well is evidence against one version, not an outage."""
REQUESTS_RECORD = "service:ai_inference_requests:increase{window}"
RATIO_RECORD = "service:ai_inference_errors:ratio{window}"

LATENCIES: tuple[tuple[str, int, Severity], ...] = (
    ("HighInferenceLatency", 95, "warning"),
    ("CriticalInferenceLatency", 99, "critical"),
)
ERROR_RATES: tuple[tuple[str, Severity], ...] = (
    ("HighErrorRate", "warning"),
    ("CriticalErrorRate", "critical"),
)


def inference(facts: Facts) -> Group:
    """The guide's four alerts on latency and errors, and one for a service that stands still."""
    return Group(
        name="inference",
        rules=(
            *ratios(WINDOW),
            *(quantile(per_cent) for per_cent in (95, 99)),
            *latency(facts),
            *errors(facts),
            failovers(facts),
            stalled(facts),
        ),
    )


def ratios(window: str) -> tuple[Record, Record]:
    """Requests of ``window``, and the share of them that failed: 0 without errors, none idle."""
    requests = REQUESTS_RECORD.format(window=window)
    return (
        Record(
            name=requests,
            expr=f"sum by (service) (increase({REQUESTS}[{window}]))",
            needs=GATEWAY,
        ),
        Record(
            name=RATIO_RECORD.format(window=window),
            expr=(f"(sum by (service) ({failures(window)}) or 0 * {requests}) / ({requests} > 0)"),
            needs=GATEWAY,
        ),
    )


def failures(window: str) -> str:
    """Errors within ``window``, the very first ones too.

    Envoy makes an error counter at the first error, and ``increase`` does not see a series being
    born (report D, finding 7). Where the same gateway's requests were known a window ago and its
    errors were not, all that the counter says happened since.
    """
    born = f"{SEEN_BY_USERS} unless {SEEN_BY_USERS} offset {window}"
    known = f"on (instance, service, track) {REQUESTS} offset {window}"
    return f"{born} and {known} or increase({SEEN_BY_USERS}[{window}])"


def quantile(per_cent: int) -> Record:
    """A duration that ``per_cent`` of requests stay below, in ms; all versions together."""
    return Record(
        name=f"service:ai_inference_duration_ms:p{per_cent}",
        expr=(
            f"histogram_quantile({per_cent / 100}, "
            f"sum by (service, le) (rate({DURATION}_bucket[{WINDOW}])))"
        ),
        needs=GATEWAY,
    )


def latency(facts: Facts) -> tuple[Alert, Alert]:
    """Durations run to the end of an answer, so a streamed one counts in full."""
    high, critical = (
        Alert(
            name=name,
            measures=f"service:ai_inference_duration_ms:p{per_cent}",
            condition=enough(
                facts,
                facts.beyond(name, f"service:ai_inference_duration_ms:p{per_cent}"),
                WINDOW,
            ),
            severity=severity,
            category="inference",
            service="",
            dashboard=BOARD,
            summary=f"The slowest {100 - per_cent} % of requests to a service take too long.",
            description=(
                "{{ $labels.service }}: P" + str(per_cent) + " of the last 5 minutes is "
                '{{ $value | printf "%.0f" }} ms.'
            ),
            needs=GATEWAY,
        )
        for name, per_cent, severity in LATENCIES
    )
    return high, critical


def errors(facts: Facts) -> tuple[Alert, Alert]:
    """The share of requests that failed (the guide's own query is errors a second)."""
    ratio = RATIO_RECORD.format(window=WINDOW)
    high, critical = (
        Alert(
            name=name,
            measures=ratio,
            condition=enough(facts, facts.beyond(name, ratio), WINDOW),
            severity=severity,
            category="inference",
            service="",
            dashboard=BOARD,
            summary="Too many requests to a service fail.",
            description=(
                "{{ $labels.service }}: {{ $value | humanizePercentage }} of the requests of the "
                "last 5 minutes failed."
            ),
            needs=GATEWAY,
        )
        for name, severity in ERROR_RATES
    )
    return high, critical


def failovers(facts: Facts) -> Alert:
    """One version is so ill that another one answers for it; its users notice nothing yet."""
    name = "FailoversHigh"
    labels = "sum by (service, track)"
    measures = (
        f'{labels} (increase({ERRORS}{{reason="{FAILOVER}"}}[{WINDOW}])) '
        f"/ {labels} (increase({REQUESTS}[{WINDOW}]))"
    )
    return Alert(
        name=name,
        measures=measures,
        condition=enough(facts, facts.beyond(name, measures), WINDOW),
        severity="warning",
        category="inference",
        service="",
        dashboard="rollout",
        summary="One version of a service answers in place of another.",
        description=(
            "{{ $labels.service }} {{ $labels.track }}: {{ $value | humanizePercentage }} of its "
            "requests were answered by another version."
        ),
        needs=GATEWAY,
    )


def stalled(facts: Facts) -> Alert:
    """A server that is up, answers its health check, and finishes nothing."""
    name = "InferenceStalled"
    waiting = (
        "sum by (service) (envoy_cluster_upstream_rq_active) unless "
        f"{REQUESTS_RECORD.format(window=WINDOW)} > 0"
    )
    return Alert(
        name=name,
        measures=waiting,
        condition=facts.beyond(name, f"({waiting})"),
        severity="critical",
        category="inference",
        service="",
        dashboard=BOARD,
        summary="A service accepts requests and finishes none.",
        description=(
            "{{ $labels.service }}: {{ $value }} requests wait, and none was finished in 5 minutes."
        ),
        needs=GATEWAY,
    )


def enough(facts: Facts, condition: str, window: str) -> str:
    """``condition`` where ``window`` had enough requests to judge by.

    What a short window misses for want of traffic, the hours and days of the burn rate find.
    """
    requests = REQUESTS_RECORD.format(window=window)
    return f"{condition} and on (service) {requests} >= {facts.minimum_requests}"
