"""Made-up traffic: requests that fail or are slow, one by one or a session at a time.

Requests belong to users, and a user is in the first 10 %, in the next 40 % or in the last 50 % of
all: a weight of 10, 50 or 100 takes the first one, two or three of these parts, as hashing does.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import stats

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

EDGES = (0.0, 0.1, 0.5, 1.0)
PARTS = 3
SLOW = 0.01
"""Share of requests that take longer than 5 s, on both sides: what is healthy, at its edge."""
VERY_SLOW = 0.002
"""Share that takes longer than 10 s, likewise."""

WARM_UP = 60
"""Seconds of traffic before the first tick."""


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What the requests of one scenario are like."""

    name: str
    length: float = 1
    """Mean number of requests of a session; geometric."""
    gap: float = 1.5
    """Mean seconds between two requests of a session; exponential."""
    correlation: float = 0
    """Of failures within a session: its chance of failure is drawn from a beta distribution."""

    @property
    def design_effect(self) -> float:
        """So many requests carry the evidence of one: 1 + (size-weighted length - 1) correlation.

        The mean length that a request sees is 2 length - 1 for geometric lengths.
        """
        return 1 + (2 * self.length - 2) * self.correlation


INDEPENDENT = Traffic(name="independent")
BURSTY = Traffic(name="bursty", length=3, correlation=0.1)
VERY_BURSTY = Traffic(name="very bursty", length=3, correlation=0.3)


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Counts by part of the users, run and tick: shape (PARTS, runs, ticks)."""

    requests: Counts
    stable: Counts
    """Requests that would fail on the stable version."""
    canary: Counts
    """Requests that would fail on the canary."""
    slow: Counts
    very_slow: Counts


class Stream:
    """Traffic of many runs at once, a chunk of ticks at a time."""

    def __init__(  # noqa: PLR0913 all are keyword-only
        self,
        traffic: Traffic,
        *,
        rate: float,
        stable: float,
        canary: float,
        runs: int,
        tick: float,
        seed: int,
    ) -> None:
        """``rate`` requests/s over all; ``stable`` and ``canary`` are chances of failure."""
        self.traffic = traffic
        self.rate = rate
        self.chances = (stable, canary, SLOW)
        self.tick = tick
        self.runs = runs
        self.random = np.random.default_rng(seed)
        self._late: list[Counts] = []
        if traffic.length > 1:
            self._sessions(round(WARM_UP / tick))  # sessions are under way when a rollout begins

    def keep(self, runs: Mask) -> None:
        """Go on with these runs only."""
        self._late = [counts[:, runs] for counts in self._late]
        self.runs = int(runs.sum())

    def next(self, ticks: int) -> Chunk:
        """The next ``ticks`` ticks of every run."""
        if self.traffic.length == 1:
            return self._independent(ticks)
        return self._sessions(ticks)

    def _independent(self, ticks: int) -> Chunk:
        shares = np.diff(EDGES)[:, None, None]
        shape = (PARTS, self.runs, ticks)
        requests = self.random.poisson(self.rate * self.tick * shares, shape)
        failed, bad, slow = (self.random.binomial(requests, p) for p in self.chances)
        very_slow = self.random.binomial(slow, VERY_SLOW / SLOW)
        return Chunk(requests=requests, stable=failed, canary=bad, slow=slow, very_slow=very_slow)

    def _sessions(self, ticks: int) -> Chunk:
        """Sessions begin in this chunk; what of them is later waits for the next one."""
        traffic = self.traffic
        span = ticks * self.tick
        begun = self.random.poisson(self.rate / traffic.length * span, self.runs)
        sessions = int(begun.sum())
        length = self.random.geometric(1 / traffic.length, sessions)
        of = np.repeat(np.arange(sessions), length)
        first = np.cumsum(length) - length
        gaps = self.random.exponential(traffic.gap, len(of))
        gaps[first] = 0
        sums = np.cumsum(gaps)
        start = self.random.uniform(0, span, sessions)
        at = ((start[of] + sums - sums[first][of]) / self.tick).astype(np.int64)
        part = np.searchsorted(EDGES, self.random.random(sessions), side="right") - 1
        run = np.repeat(np.arange(self.runs), begun)
        width = max(2 * ticks, ticks + 64)
        kept = at < width
        index = ((part[of] * self.runs + run[of]) * width + at)[kept]
        events = [self._events(chance, sessions, of)[kept] for chance in self.chances]
        very_slow = events[2] & (self.random.random(len(index)) < VERY_SLOW / SLOW)
        shape = (PARTS, self.runs, width)
        size = int(np.prod(shape))
        found = [np.bincount(index, minlength=size).reshape(shape)] + [
            np.bincount(index[event], minlength=size).reshape(shape)
            for event in (*events, very_slow)
        ]
        for new, late in zip(found, self._late, strict=False):
            new[:, :, : late.shape[2]] += late[:, :, : new.shape[2]]
        self._late = [counts[:, :, ticks:].copy() for counts in found]
        requests, failed, bad, slow, slower = (counts[:, :, :ticks] for counts in found)
        return Chunk(requests=requests, stable=failed, canary=bad, slow=slow, very_slow=slower)

    def _events(self, chance: float, sessions: int, of: Counts) -> Mask:
        """Whether each request is one; requests of a session share their chance."""
        pool = chances_of_sessions(chance, self.traffic.correlation)
        chances = pool[self.random.integers(len(pool), size=sessions)]
        drawn: Mask = self.random.random(len(of)) < chances[of]
        return drawn


@cache
def chances_of_sessions(chance: float, correlation: float) -> Floats:
    """Quantiles of the beta distribution with this mean and correlation within a session.

    Drawing from them is many times as fast as from the distribution.
    """
    weight = 1 / correlation - 1
    steps = (np.arange(1 << 16) + 0.5) / (1 << 16)
    found = np.asarray(stats.beta.ppf(steps, chance * weight, (1 - chance) * weight))
    scaled: Floats = found * (chance / found.mean())
    return scaled
