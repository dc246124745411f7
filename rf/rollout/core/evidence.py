"""What is known of a rollout: integer counts, as the gateways' pods counted them.

``candidate`` is the canary (or the arm that has the feature), ``control`` is stable (or the arm
without it). Times are Unix seconds. Nothing here is a rate, a quantile or an interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Counts of one arm: a pod's counters since it started, or what was added between two polls."""

    requests: int = 0
    """Every request that was sent to this arm and has ended, failed ones included."""
    errors: int = 0
    """Those answered with 5xx."""
    failovers: int = 0
    """Those that this arm failed and the other arm answered; no part of ``errors``."""
    durations: tuple[int, ...] = ()
    """Requests that took at most ``Evidence.bounds_ms[i]``, cumulative; last, all that were timed.
    A request to an arm without a live instance has no duration."""
    resets: int = 0
    """Restarts of pods that were accounted for."""

    def __post_init__(self) -> None:
        """Refuse what no counter can show."""
        if min(self.requests, self.errors, self.failovers, self.resets, *self.durations[:1]) < 0:
            raise ValueError(f"a count is negative: {self}")
        if list(self.durations) != sorted(self.durations):
            raise ValueError(f"the duration buckets are not cumulative: {self.durations}")

    @property
    def failed(self) -> int:
        """Requests that this arm did not answer well."""
        return self.errors + self.failovers

    @property
    def timed(self) -> int:
        """Requests that have a duration."""
        return self.durations[-1] if self.durations else 0

    def slower_than(self, bounds_ms: tuple[int, ...], bound: int) -> int:
        """Requests that took longer than ``bound`` ms, which is one of ``bounds_ms``."""
        return self.timed - self.durations[bounds_ms.index(bound)] if self.durations else 0

    def __add__(self, other: Counts) -> Counts:
        """Both together; ValueError where they have different buckets."""
        if self.durations and other.durations and len(self.durations) != len(other.durations):
            raise ValueError(
                f"{len(self.durations)} and {len(other.durations)} duration buckets do not add up"
            )
        return Counts(
            requests=self.requests + other.requests,
            errors=self.errors + other.errors,
            failovers=self.failovers + other.failovers,
            durations=tuple(
                a + b for a, b in zip_longest(self.durations, other.durations, fillvalue=0)
            ),
            resets=self.resets + other.resets,
        )


NOTHING = Counts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One gateway pod's counters at one moment."""

    candidate: Counts
    control: Counts = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """All gateway pods that answered at one moment, by pod."""

    at: float
    pods: dict[str, Pod]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: the weight that was asked for, and every poll since it took effect.

    The first poll is the step's zero. It is read before the weight is written, so that no request
    of the candidate is missed.
    """

    weight: int
    """Per cent of the users on the candidate."""
    polls: tuple[Poll, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A loaded model of Ollama, from ``/api/ps``."""

    name: str
    size: int
    """Bytes."""
    size_vram: int
    """Bytes of it in the memory of a GPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One arm's instances at the last poll."""

    expected: int
    """Instances that should be up."""
    up: int
    """Instances whose ``up`` is 1."""
    down: float = 0
    """Seconds since any instance was up; 0 while one is."""
    models: tuple[Model, ...] | None = None
    """None where the service is not Ollama."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that a verdict on one service rests on."""

    service: str
    bounds_ms: tuple[int, ...]
    """Bounds of the duration histogram in ms, without +Inf."""
    steps: tuple[Step, ...]
    """From the first to the current one."""
    history: tuple[Counts, ...] = ()
    """The control's counts of each minute of the day before the rollout, or as many as there are;
    they say how far requests fail together."""
    candidate: Health | None = None
    control: Health | None = None
    arms_told_apart: bool = True
    """False for a feature without the header by which the gateway books the two arms. Then
    ``candidate`` holds all requests and ``control`` none."""
    divided_by_gateway: bool = True
    """False for a feature: its flag divides users, and having it may change how much they ask, so
    the share of requests says nothing about the weight."""
    faults: tuple[str, ...] = ()
    """What could not be read, in plain words; see ``series.py``."""
