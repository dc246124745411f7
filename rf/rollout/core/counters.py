"""From counters that only rise, until a pod restarts, to what was added between two polls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import add
from typing import TYPE_CHECKING

from .evidence import NOTHING, Counts, Pod

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .evidence import Poll, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What was added between two polls, over all pods."""

    start: float
    end: float
    candidate: Counts
    control: Counts


def increase(before: Counts, after: Counts) -> Counts:
    """What was added from ``before`` to ``after``, two readings of one pod.

    A pod that restarted begins at zero: one counter that fell says so for all of them. Then all
    that ``after`` shows was added; what the pod counted between ``before`` and its end is lost.
    """
    if len(before.durations) not in (0, len(after.durations)):
        raise ValueError(
            f"{len(before.durations)} duration buckets became {len(after.durations)}; they must "
            "stay the same within a rollout"
        )
    old = before.durations or (0,) * len(after.durations)
    added = (
        after.requests - before.requests,
        after.errors - before.errors,
        after.failovers - before.failovers,
        *(b - a for a, b in zip(old, after.durations, strict=True)),
    )
    durations = added[3:]
    falls = any(a > b for a, b in pairwise(durations))
    if min(added) < 0 or falls:
        return Counts(
            requests=after.requests,
            errors=after.errors,
            failovers=after.failovers,
            durations=after.durations,
            resets=1,
        )
    return Counts(
        requests=added[0], errors=added[1], failovers=added[2], durations=tuple(durations)
    )


def windows(step: Step) -> tuple[Window, ...]:
    """What each poll of ``step`` added to the one before.

    A pod that misses polls goes on from the last that it answered. One that is first seen after the
    step began is counted from its second poll: what it counted before may be of another step.
    """
    last = dict(step.polls[0].pods) if step.polls else {}
    found = []
    for before, after in pairwise(step.polls):
        found.append(window(last, before.at, after))
        last.update(after.pods)
    return tuple(found)


def window(last: Mapping[str, Pod], start: float, after: Poll) -> Window:
    """What ``after`` added since ``start`` to the ``last`` reading of each pod."""
    added = [
        Pod(
            candidate=increase(last[name].candidate, pod.candidate),
            control=increase(last[name].control, pod.control),
        )
        for name, pod in sorted(after.pods.items())
        if name in last
    ]
    return Window(
        start=start,
        end=after.at,
        candidate=total(pod.candidate for pod in added),
        control=total(pod.control for pod in added),
    )


def total(counts: Iterable[Counts]) -> Counts:
    """All of them together."""
    # Most polls of a quiet service add nothing.
    return reduce(add, (added for added in counts if added != NOTHING), NOTHING)


def without_repeats(polls: Sequence[Poll]) -> tuple[Poll, ...]:
    """``polls`` less those that show the same counters as both neighbours: nothing is lost.

    It keeps the record of a quiet service small.
    """
    kept = [
        poll
        for index, poll in enumerate(polls)
        if not 0 < index < len(polls) - 1
        or not polls[index - 1].pods == poll.pods == polls[index + 1].pods
    ]
    return tuple(kept)
