"""Controllers on the same traffic."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np

from rf.rollout.core.dispersion import design_effect
from rf.rollout.core.settings import GateArgs, PaceArgs

from .ours import Ours, Tick
from .streams import PARTS, Chunk, Counts, Floats, Mask, Stream, Traffic

HEALTHY = 0.01
HISTORY = 24 * 60
"""Minutes of the control's history that a controller finds."""
HISTORIES = 200
CHUNK = 60
"""Ticks that are made at a time."""


class Controller(Protocol):
    """Anything that polls and moves a weight."""

    state: Counts
    ended: Floats

    @property
    def parts(self) -> Counts: ...

    @property
    def done(self) -> Mask: ...

    def keep(self, runs: Mask) -> None: ...

    def poll(self, tick: Tick, now: float, length: float) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of every run."""

    state: Counts
    ended: Floats
    """Seconds until its rollout ended."""
    harmed: Floats
    """Requests that failed on the canary."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Traffic, and how often it fails on either side."""

    traffic: Traffic
    canary_rate: float
    """Requests/s on the canary at 10 %; ten times as many over all."""
    canary: float
    stable: float = HEALTHY
    seed: int = 1

    @property
    def tick(self) -> float:
        """Seconds between two polls: 1, as by default; 10 where requests are ten times as rare."""
        return 1.0 if self.canary_rate >= 1 else 10.0

    def stream(self, runs: int, seed: int) -> Stream:
        """The traffic of ``runs`` rollouts."""
        return Stream(
            self.traffic,
            rate=10 * self.canary_rate,
            stable=self.stable,
            canary=self.canary,
            runs=runs,
            tick=self.tick,
            seed=seed,
        )


def simulate(  # noqa: PLR0913 all but the first two are keyword-only
    scenario: Scenario,
    make: Callable[[int], Controller],
    *,
    runs: int,
    horizon: float,
    seed: int,
    until_ended: bool = False,
) -> Result:
    """One controller on ``runs`` streams.

    Harm is counted to the rollback; without one to ``horizon`` s, whether the canary was promoted,
    is held or waits. ``until_ended``: no longer than the last rollout takes.
    """
    controller = make(runs)
    stream = scenario.stream(runs, seed)
    result = Result(
        state=np.zeros(runs, dtype=np.int64), ended=np.full(runs, np.nan), harmed=np.zeros(runs)
    )
    going = np.arange(runs)
    for begin in range(0, round(horizon / scenario.tick), CHUNK):
        chunk = stream.next(CHUNK)
        for index in range(CHUNK):
            tick = routed(chunk, index, controller.parts)
            result.harmed[going] += tick.events[0]
            controller.poll(tick, (begin + index + 1) * scenario.tick, scenario.tick)
        result.state[going] = controller.state
        result.ended[going] = controller.ended
        kept = ~controller.done if until_ended else controller.parts > 0
        going = going[kept]
        if not len(going):
            break
        controller.keep(kept)
        stream.keep(kept)
    return result


def routed(chunk: Chunk, index: int, parts: Counts) -> Tick:
    """One tick, with the first ``parts`` parts of the users on the canary, run by run."""
    mine = np.arange(PARTS)[:, None] < parts

    def split(canary: Counts, stable: Counts) -> tuple[Counts, Counts]:
        return (canary[:, :, index] * mine).sum(0), (stable[:, :, index] * ~mine).sum(0)

    requests, others = split(chunk.requests, chunk.requests)
    events = [
        split(chunk.canary, chunk.stable),
        split(chunk.slow, chunk.slow),
        split(chunk.very_slow, chunk.very_slow),
    ]
    return Tick(
        requests=requests,
        control_requests=others,
        events=np.stack([candidate for candidate, _ in events]),
        control_events=np.stack([control for _, control in events]),
    )


@cache
def histories(traffic: Traffic, rate: float) -> Floats:
    """Design effects that histories of such traffic show; shape (outcomes, histories)."""
    stream = Stream(
        traffic, rate=rate, stable=HEALTHY, canary=HEALTHY, runs=HISTORIES, tick=60, seed=7
    )
    chunks = [stream.next(60) for _ in range(HISTORY // 60)]
    requests = np.concatenate([chunk.requests.sum(0) for chunk in chunks], axis=1)
    events = [
        np.concatenate([getattr(chunk, name).sum(0) for chunk in chunks], axis=1)
        for name in ("stable", "slow", "very_slow")
    ]
    otherwise = GateArgs().design_effect
    return np.array(
        [
            [
                design_effect(list(zip(map(int, e), map(int, n), strict=True)), otherwise).value
                for e, n in zip(of_all, requests, strict=True)
            ]
            for of_all in events
        ]
    )


def ours(
    scenario: Scenario, args: GateArgs, pace: PaceArgs, seed: int, *, compare_latency: bool = True
) -> Callable[[int], Ours]:
    """Our controller, each run with a history of its own kind of traffic."""
    known = histories(scenario.traffic, 10 * scenario.canary_rate)

    def make(runs: int) -> Ours:
        drawn = np.random.default_rng(seed).integers(known.shape[1], size=runs)
        return Ours(args, pace, known[:, drawn], compare_latency=compare_latency)

    return make
