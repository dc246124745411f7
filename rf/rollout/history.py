"""The control's own past: what says how far requests fail together (``core.dispersion``).

A day of counters from Prometheus, minute by minute, with the same care for restarts as the polls of
a step. Without it, or where a value cannot be trusted, the setting ``design_effect`` counts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from components.gateway.metrics import (
    DURATION,
    DURATION_BUCKETS_MS,
    ERRORS,
    FAILOVER,
    REQUESTS,
)

from .core import Counts, Fault, Pod, Poll, Step, buckets, count, windows
from .effects import EffectError
from .subject import FeatureSubject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .effects.prometheus import Series
    from .subject import Subject

DAY = 86_400
MINUTE = 60
NAMES = f"{REQUESTS}|{ERRORS}|{DURATION}_bucket"


class Past(Protocol):
    """Where counters of the past are kept."""

    def range(self, query: str, *, start: float, end: float, step: int) -> Sequence[Series]:
        """See ``effects.prometheus.Prometheus``."""


def history(
    past: Past, subject: Subject, until: float, say: Callable[[str], None]
) -> dict[str, tuple[Counts, ...]]:
    """By service, the counts of each minute of the day before ``until`` (Unix seconds).

    Of stable, or for a feature of all requests. A service of which nothing can be said is absent;
    ``say`` is told why.
    """
    tracks = "stable|canary" if isinstance(subject, FeatureSubject) else "stable"
    found = {}
    for service in subject.services:
        query = f'{{__name__=~"{NAMES}", service="{service}", track=~"{tracks}"}}'
        try:
            series = past.range(query, start=until - DAY, end=until, step=MINUTE)
            found[service] = minutes(series)
        except EffectError as error:
            say(
                f"{service}: no history, so the setting gates.design_effect says how far its "
                f"requests fail together: {error}"
            )
    return found


def minutes(series: Sequence[Series]) -> tuple[Counts, ...]:
    """What each minute added, over all gateways; from the first minute that anything is known of.

    EffectError where a value is no count.
    """
    polls = _polls(series)
    # Two polls each: a gateway that was not seen in the minute before has added nothing known.
    added = (windows(Step(weight=0, polls=both))[0] for both in pairwise(polls))
    return tuple(window.candidate for window in added)


@dataclass
class _Reading:
    """The values of one track on one gateway at one moment, by what they count."""

    requests: list[float] = field(default_factory=list)
    errors: float = 0
    failovers: float = 0
    within: dict[float, float] = field(default_factory=dict)

    def take(self, labels: Mapping[str, str], value: float) -> None:
        match labels["__name__"]:
            case name if name == REQUESTS:
                self.requests.append(value)
            case name if name == ERRORS:
                # One series for each reason, and for each status code.
                self.errors += value
                self.failovers += value if labels.get("reason") == FAILOVER else 0
            case _:
                bound = float(labels.get("le", "nan"))
                # A second one of a bucket is nobody's count; the first would be no better.
                self.within[bound] = float("nan") if bound in self.within else value

    def counts(self, what: str) -> Counts:
        """EffectError where they are none."""
        requests = _whole(count(self.requests, f"{what} {REQUESTS}"))
        errors = min(requests, _whole(count([self.errors], f"{what} {ERRORS}")))
        failovers = min(errors, _whole(count([self.failovers], f"{what} {ERRORS}")))
        # Nothing was timed before the first answer.
        durations = buckets(self.within, DURATION_BUCKETS_MS, what) if self.within else ()
        if isinstance(durations, Fault):
            raise EffectError(durations.reason)
        return Counts(
            requests=requests,
            errors=errors - failovers,
            failovers=failovers,
            durations=durations or (0,) * (len(DURATION_BUCKETS_MS) + 1),
        )


def _polls(series: Sequence[Series]) -> list[Poll]:
    readings: defaultdict[float, defaultdict[tuple[str, str], _Reading]] = defaultdict(
        lambda: defaultdict(_Reading)
    )
    for each in series:
        labels = each.labels
        gateway = labels.get("pod") or labels.get("instance", "")
        for at, value in each.values.items():
            readings[at][gateway, labels.get("track", "")].take(labels, value)
    return [
        Poll(
            at=at,
            pods={
                # Each track by itself: they are added when it is known what each has added.
                f"{gateway} {track}": Pod(candidate=reading.counts(f"{gateway} {track}"))
                for (gateway, track), reading in found.items()
                # Envoy makes the counter of requests with the first request.
                if reading.requests
            },
        )
        for at, found in sorted(readings.items())
    ]


def _whole(found: int | Fault) -> int:
    if isinstance(found, Fault):
        raise EffectError(found.reason)
    return found
