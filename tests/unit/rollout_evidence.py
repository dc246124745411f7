"""Evidence for tests of the rollout's core, from a few numbers."""

from dataclasses import replace

from rf.rollout.core import Counts, Evidence, Health, Pod, Poll, Step

BOUNDS = (100, 1000, 5000, 10_000, 30_000)
UP = Health(expected=1, up=1)
SETTLED = 20.0
"""Seconds between a step's first poll and the one from which its requests count."""


def counts(requests: int, errors: int = 0, over_5s: int = 0, over_10s: int = 0) -> Counts:
    """Requests, of which so many fail, take over 5 s, take over 10 s; failed ones are fast."""
    return Counts(
        requests=requests,
        errors=errors,
        durations=(
            (requests - over_5s) // 2,
            requests - over_5s,
            requests - over_5s,
            requests - over_10s,
            requests,
            requests,
        ),
    )


NONE = counts(0)


def poll(at: float, candidate: Counts, control: Counts = NONE) -> Poll:
    """One gateway pod's counters."""
    return Poll(at=at, pods={"gateway-0": Pod(candidate=candidate, control=control)})


def step(weight: int, candidate: Counts, control: Counts = NONE, *, at: float = 0) -> Step:
    """A step in which both arms' requests all came after it had settled."""
    first = (poll(at, NONE), poll(at + SETTLED, NONE))
    return Step(weight=weight, polls=(*first, poll(at + SETTLED + 2, candidate, control)))


def steady_history(minutes: int = 360, requests: int = 600) -> tuple[Counts, ...]:
    """A control that fails and is slow as independent requests at 1 % and 0.2 % are: effect 1."""
    return tuple(
        counts(
            requests, errors=6 + (1 if i % 2 else -1) * 2, over_5s=6 - 2 * (i % 2), over_10s=i % 3
        )
        for i in range(minutes)
    )


def evidence(*steps: Step, history: tuple[Counts, ...] | None = None) -> Evidence:
    """Both arms are up; the control has a history of independent requests."""
    return Evidence(
        service="triton",
        bounds_ms=BOUNDS,
        steps=steps,
        history=steady_history() if history is None else history,
        candidate=UP,
        control=UP,
    )


def at_ten(candidate: Counts, control: Counts | None = None) -> Evidence:
    """The first step at 10 %, with nine times as many good requests on the control."""
    if control is None:
        control = counts(9 * candidate.requests, errors=9 * candidate.requests // 100)
    return evidence(step(10, candidate, control))


__all__ = ["BOUNDS", "NONE", "UP", "at_ten", "counts", "evidence", "poll", "replace", "step"]
