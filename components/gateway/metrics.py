"""The metric contract: what a request, an error and a duration are, for every service and version.

Monitoring renames Envoy's series by ``relabelling()``; the rollout gates count the same series with
``counts()``. Both follow the table ``SERIES``, so an alert and a verdict never disagree. Counters
are renamed, never added up, before ``rate()``: a sum over gateways that restart gives rates that
never were (report D §1.8).

Every failed request is in exactly one reason. Envoy's own numbers do not have that property: a
connection that closes before its answer is a 5xx and a destroyed connection, a stream that breaks
after its headers is a 2xx and a destroyed connection, and a request that another version had to
answer is a 2xx and nothing more. Hence two marks on what is counted (measured with Envoy 1.40, see
docs/decisions/0004): which version served (``served_by``, from the endpoints' zones) and whether
the server itself answered (Envoy's ``canary`` statistics, which count the responses that carry
``ANSWERED_HEADER``; the gateway puts it on what arrives and takes it off what leaves).
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from .names import TRACKS

REQUESTS = "ai_inference_requests_total"
ERRORS = "ai_inference_errors_total"
"""Has the label ``reason``, one of ``REASONS``."""
DURATION = "ai_inference_duration_ms"
"""A histogram: ``_bucket``, ``_sum`` and ``_count``; milliseconds until the answer's last byte."""

DURATION_BUCKETS_MS = (
    10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
)  # fmt: skip
"""Bounds of the request-duration histogram. ``histogram_quantile`` never answers more than the
highest finite bound, so the alert thresholds of 5000 and 10000 ms are bounds themselves and the
scale goes far beyond them. A request of exactly 5000 ms is in the next bucket (envoy#36549)."""

GATEWAY_ZONE = "gateway"
OWN, STABLE = "own", "stable"
"""Zones of endpoints: the version's own ones, and those that its requests fall over to."""
SERVED_BY = "served_by"
ANSWERED_HEADER = "x-envoy-upstream-canary"
FAILOVER = "failover"

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "answer": "the server answered 5xx itself",
        "bad_gateway": "502: the server's own, or an answer that is no HTTP",
        "reset": "the server closed the connection before the answer, or in the middle of it",
        FAILOVER: "another version had to answer, as this one was unhealthy or refused connections",
        "timeout": "the time for the whole request was over",
        "silence": "the server sent nothing for the idle time",
        "unreachable": "no connection at any try",
        "unhealthy": "no server was healthy, of any version",
        "overflow": "more requests at once than the circuit breaker lets through",
        "retry_overflow": "the same, when a connection had failed and another one was wanted",
    }
)
"""Values of the label ``reason``, and what each means. Clients that give up are in none."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One of Envoy's series (``labels``: label name to a regular expression for its value)."""

    native: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None

    def covers(self, native: str, labels: Mapping[str, str]) -> bool:
        """Whether a sample belongs to it."""
        return native == self.native and all(
            re.fullmatch(value, labels.get(label, "")) for label, value in self.labels.items()
        )


def _error(reason: str, native: str, **labels: str) -> Series:
    return Series(native=f"envoy_cluster_{native}", name=ERRORS, labels=labels, reason=reason)


SERIES: tuple[Series, ...] = (
    Series(native="envoy_cluster_upstream_rq_completed", name=REQUESTS),
    _error("answer", "canary_upstream_rq", envoy_response_code="5(0[013-9]|[1-9][0-9])"),
    _error("bad_gateway", "upstream_rq", envoy_response_code="502"),
    _error("reset", "upstream_cx_destroy_remote_with_active_rq"),
    # What the other version answered with 5xx is an "answer" already.
    _error(
        FAILOVER, "zone_gateway_upstream_rq_xx", envoy_response_code_class="[1-4]", served_by=STABLE
    ),
    _error("timeout", "upstream_rq_timeout"),
    _error("silence", "upstream_rq_per_try_idle_timeout"),
    _error("unreachable", "upstream_rq_retry_limit_exceeded"),
    _error("unhealthy", "upstream_cx_none_healthy"),
    _error("overflow", "upstream_rq_pending_overflow"),
    _error("retry_overflow", "upstream_rq_retry_overflow"),
    *(
        Series(
            native=f"envoy_cluster_zone_gateway_upstream_rq_time_{part}",
            name=f"{DURATION}_{part}",
            labels={SERVED_BY: OWN},
        )
        for part in ("bucket", "sum", "count")
    ),
)
"""Where each metric of the contract comes from."""

Key = TypeVar("Key")
_CLUSTER = f"(.+)_({'|'.join(TRACKS)})"
_SAMPLE = re.compile(r"(\w+)\{([^}]*)\} (\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What one gateway has counted for one service and track since it started."""

    requests: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    """By reason; one that never happened may be absent."""
    within: Mapping[int, int] = field(default_factory=dict)
    """Requests that took less than a bound of ``DURATION_BUCKETS_MS``, by bound."""
    measured: int = 0
    """Requests with a duration: those that this version answered to the end."""

    @property
    def failed(self) -> int:
        """Requests that are evidence against the version, failovers included.

        Never more than ``requests``: where a failover breaks in the middle of the other version's
        answer, two counters rise.
        """
        return min(self.requests, sum(self.errors.values()))

    @property
    def failovers(self) -> int:
        """Requests that another version answered in its place, and well."""
        return self.errors.get(FAILOVER, 0)

    @property
    def unmeasured(self) -> int:
        """Requests without a duration: failed, given up by the client, or still running.

        Envoy brings its histograms up to date once a second, its counters at once.
        """
        return max(0, self.requests - self.measured)

    def __add__(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(
            requests=self.requests + other.requests,
            errors=_added(self.errors, other.errors),
            within=_added(self.within, other.within),
            measured=self.measured + other.measured,
        )

    def slower_than(self, milliseconds: int) -> int:
        """Measured requests that took at least so long; KeyError when it is no bucket bound."""
        if milliseconds not in DURATION_BUCKETS_MS:
            raise KeyError(f"{milliseconds} ms is no bound; those are {DURATION_BUCKETS_MS}")
        return self.measured - self.within.get(milliseconds, 0)


def _added(one: Mapping[Key, int], other: Mapping[Key, int]) -> dict[Key, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in (*one, *other)}


def counts(text: str) -> dict[tuple[str, str], Counts]:
    """The counts of one gateway's ``/stats/prometheus``, by service and track.

    The counters of several gateways are added up by the caller, after the reset of each was seen.
    """
    requests: defaultdict[tuple[str, str], int] = defaultdict(int)
    measured = requests.copy()
    errors: defaultdict[tuple[str, str], defaultdict[str, int]] = defaultdict(
        lambda: defaultdict(int)
    )
    within: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for native, labels, value in samples(text):
        cluster = re.fullmatch(_CLUSTER, labels.get("envoy_cluster_name", ""))
        found = next((one for one in SERIES if one.covers(native, labels)), None)
        if cluster is None or found is None:
            continue
        key = (cluster[1], cluster[2])
        if found.name == REQUESTS:
            requests[key] = int(value)
        elif found.reason is not None:
            errors[key][found.reason] += int(value)
        elif found.name == f"{DURATION}_count":
            measured[key] = int(value)
        elif found.name == f"{DURATION}_bucket" and labels["le"] != "+Inf":
            within[key][int(float(labels["le"]))] = int(value)
    return {
        key: Counts(
            requests=requests[key],
            errors=dict(errors[key]),
            within=within[key],
            measured=measured[key],
        )
        for key in requests
    }


def samples(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Name, labels and value of every sample that has labels, as Envoy writes them."""
    matches = (_SAMPLE.fullmatch(line) for line in text.splitlines())
    return [(match[1], dict(_LABEL.findall(match[2])), match[3]) for match in matches if match]


def relabelling() -> list[dict[str, Any]]:
    """``metric_relabel_configs`` for the job that scrapes gateways.

    Adds ``service`` and ``track`` to whatever has a cluster of ours, ``reason`` to errors, and
    renames; samples stay what they are.
    """
    rules: list[dict[str, Any]] = [
        {
            "source_labels": ["envoy_cluster_name"],
            "regex": _CLUSTER,
            "target_label": label,
            "replacement": f"${group}",
        }
        for group, label in enumerate(("service", "track"), start=1)
    ]
    for series in SERIES:
        # The label "service" is there only where the name of the cluster was one of ours.
        where = {
            "source_labels": ["__name__", *series.labels, "service"],
            "regex": ";".join((series.native, *series.labels.values(), ".+")),
        }
        if series.reason is not None:
            rules.append({**where, "target_label": "reason", "replacement": series.reason})
        rules.append({**where, "target_label": "__name__", "replacement": series.name})
    return rules
