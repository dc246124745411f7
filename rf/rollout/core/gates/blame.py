"""Whose fault it is when the candidate fails: its own, or that of something both arms need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..budget import evidence_to_fail
from ..counters import total
from ..sequential import against_healthy
from ..view import control
from .relative import is_worse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..counters import Window
    from ..evidence import Counts
    from ..sequential import Rate
    from ..span import Period
    from ..view import Outcome, View

STRETCH = 30.0
"""Seconds, at least, over which it is looked whether the control was well; a poll is too short."""
FEW = 20
"""Requests of the control that this takes at least."""


def is_shared(view: View, outcome: Outcome, rate: Rate, gate: str, versus: str) -> bool:
    """Whether a candidate that fails ``gate`` fails together with the control.

    The control, judged like a candidate, must fail as well; the candidate must not be worse at the
    same time; and it must not fail on those stretches alone in which the control was well: an
    outage of the control of an hour ago does not excuse a candidate that breaks now.
    """
    if is_worse(view, outcome, versus):
        return False
    starts = [(start, view.since(start)) for start in range(len(view.steps))]
    effect = view.effect(outcome).value

    def too_many(start: int, counted: tuple[int, int]) -> bool:
        needed = evidence_to_fail(view.args.alpha, gate, start)
        return against_healthy(rate, *counted, effect) >= needed

    return any(too_many(start, control(outcome, found)) for start, found in starts) and not any(
        too_many(start, outcome.of(_while_control_was_well(found, outcome, rate)))
        for start, found in starts
    )


def _while_control_was_well(found: Period, outcome: Outcome, rate: Rate) -> Counts:
    """What the candidate did in those stretches."""
    well: list[Window] = []
    for stretch in _stretches(found.windows):
        events, requests = outcome.of(total(each.control for each in stretch))
        if events <= rate.limit * requests:
            well += stretch
    return total(each.candidate for each in well)


def _stretches(found: Iterable[Window]) -> Iterator[list[Window]]:
    stretch: list[Window] = []
    for window in found:
        stretch.append(window)
        requests = sum(part.control.requests for part in stretch)
        if window.end - stretch[0].start >= STRETCH and requests >= FEW:
            yield stretch
            stretch = []
    if stretch:
        yield stretch
