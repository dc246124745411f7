"""A verdict at every poll: what it takes when earlier polls are remembered, and when they are not.

``python -m bench.judge`` prints milliseconds at the end of steps of some lengths, at a poll a
second. The verdict is the same to the byte.
"""

from __future__ import annotations

import random
import time

from rf.rollout.core import Counts, Evidence, GateArgs, Health, Memory, Pod, Poll, Step, judge

BOUNDS = (100, 1000, 5000, 10_000)
LENGTHS = (100, 1000, 3600, 14_400)
AGAIN = 5
FAILED, SLOW = 0.005, 0.002
ARGS = GateArgs(latency="both")


def polls(number: int, seed: int = 1) -> tuple[Poll, ...]:
    """A canary of 10 % beside its control, both well, a poll a second."""
    chance = random.Random(seed)  # noqa: S311 repeatable
    none = Counts(durations=(0,) * (len(BOUNDS) + 1))
    candidate, control = none, none
    found = [Poll(at=0, pods={"gateway": Pod(candidate=none, control=none)})]
    for at in range(1, number):
        candidate += _more(chance, chance.randrange(3))
        control += _more(chance, 9 + chance.randrange(3))
        found.append(Poll(at=at, pods={"gateway": Pod(candidate=candidate, control=control)}))
    return tuple(found)


def _more(chance: random.Random, requests: int) -> Counts:
    failed = sum(chance.random() < FAILED for _ in range(requests))
    timed = requests - failed
    slow = sum(chance.random() < SLOW for _ in range(timed))
    within = (timed // 2, timed - slow, timed - slow, timed)
    return Counts(requests=requests, errors=failed, durations=(*within, timed))


def evidence(found: tuple[Poll, ...]) -> Evidence:
    """One step with these polls."""
    up = Health(expected=1, up=1)
    return Evidence(
        service="triton",
        bounds_ms=BOUNDS,
        steps=(Step(weight=10, polls=found),),
        candidate=up,
        control=up,
    )


def seconds(number: int) -> tuple[float, float]:
    """Of one verdict after ``number`` polls, remembered and from the beginning."""
    every = polls(number + AGAIN)
    memory = Memory()
    judge(ARGS, evidence(every[:number]), memory)
    times = []
    for length in range(number + 1, number + AGAIN + 1):
        given = evidence(every[:length])
        remembered = _timed(given, memory)
        times.append((remembered, _timed(given, Memory())))
    return min(one for one, _ in times), min(two for _, two in times)


def _timed(given: Evidence, memory: Memory) -> float:
    began = time.perf_counter()
    judge(ARGS, given, memory)
    return time.perf_counter() - began


def main() -> None:
    """The table."""
    print("polls   remembered   from the beginning")
    for number in LENGTHS:
        remembered, anew = seconds(number)
        print(f"{number:5}   {1000 * remembered:7.2f} ms   {1000 * anew:15.1f} ms")


if __name__ == "__main__":
    main()
