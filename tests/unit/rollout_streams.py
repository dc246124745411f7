"""Random rollouts as a controller reads them: pods that restart or miss polls, outages, silence."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from rf.rollout.core import Counts, Evidence, GateArgs, Health, Pod, Poll, Step, without_repeats

if TYPE_CHECKING:
    from collections.abc import Iterator

BOUNDS = (100, 1000, 5000, 10_000, 30_000)
NONE = Counts(durations=(0,) * (len(BOUNDS) + 1))
UP = Health(expected=1, up=1)
PODS = ("a", "b")
LATENCIES = ("absolute", "relative", "both")


def stream(seed: int) -> Iterator[tuple[GateArgs, Evidence]]:
    """Settings, and the evidence at each poll of one rollout."""
    chance = random.Random(seed)  # noqa: S311 repeatable
    args = GateArgs(
        latency=LATENCIES[seed % 3],  # type: ignore[arg-type]
        settle=chance.choice((1, 5, 15)),
    )
    minutes = chance.choice((0, 30, 200))
    history = tuple(_added(chance, chance.randrange(90), 0.02, 0.02) for _ in range(minutes))
    steps: list[Step] = []
    now = dict.fromkeys(PODS, (NONE, NONE))
    last = {name: Pod(candidate=NONE) for name in PODS}
    at = 0.0
    for weight in chance.choice(((10,), (10, 50), (5, 25, 100))):
        steps.append(Step(weight=weight, polls=(Poll(at=at, pods=dict(last)),)))
        rate = chance.choice((0, 1, 5, 20))
        bad, slow = chance.choice((0.002, 0.03, 0.05, 0.3)), chance.choice((0.002, 0.02, 0.2))
        control = chance.choice((0.005, 0.01, 0.3))
        for _ in range(chance.randrange(3, 60)):
            at += chance.choice((1, 1, 1, 5, 20))
            pods = {}
            for name in PODS:
                mine, others = now[name] if chance.random() > 0.03 else (NONE, NONE)
                requests = chance.randrange(rate + 1)
                tried = sum(chance.random() * 100 < weight for _ in range(requests))
                mine += _added(chance, tried, bad, slow)
                others += _added(chance, requests - tried, control, 0.02)
                now[name] = (mine, others)
                if chance.random() > 0.03:
                    pods[name] = Pod(candidate=mine, control=others)
            last.update(pods)
            polls = (*steps[-1].polls, Poll(at=at, pods=pods))
            polls = (*polls[:-3], *without_repeats(polls[-3:]))
            steps[-1] = Step(weight=weight, polls=polls)
            yield (
                args,
                Evidence(
                    service="triton",
                    bounds_ms=BOUNDS,
                    steps=tuple(steps),
                    history=history,
                    candidate=UP,
                    control=UP,
                ),
            )


def _added(chance: random.Random, requests: int, bad: float, slow: float) -> Counts:
    failed = sum(chance.random() < bad for _ in range(requests))
    over = sum(chance.random() < 0.2 for _ in range(failed))
    timed = requests - failed
    late = sum(chance.random() < slow for _ in range(timed))
    later = sum(chance.random() < 0.3 for _ in range(late))
    within = (timed - late) // 2, timed - late, timed - late, timed - later, timed, timed
    return Counts(requests=requests, errors=failed - over, failovers=over, durations=within)
