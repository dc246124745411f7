"""Whether the candidate gets the share of the requests that it was given.

A weight that did not take effect makes every other verdict one about something else. The band is
binomial; requests of one user go to one arm, so it is as wide as the design effect of that. A
wrong share is an error of delivery or measurement and never blamed on the candidate.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING

from ..dispersion import FEWEST_STRETCHES, design_effect
from ..plan import EVERYBODY
from ..sequential import against_share
from ..verdict import Cause, GateResult, Verdict
from .words import of

if TYPE_CHECKING:
    from ..view import View

GATE = "share"
FALSE_ALARM = 1e-3
SESSION_EFFECT = 5.0
"""Design effect of the share until the step is long enough to measure it."""
STRAY = 0.02
"""Share that the other arm may keep at 0 and at 100 %: requests that were on their way."""
FEW = 20
"""Requests from which on a share is looked at."""
GONE = math.log(1e6)


def share_gate(view: View) -> GateResult:
    """The observed share against the weight, and whether the candidate's traffic has stopped."""
    candidate, every = view.fresh.candidates, view.fresh.all
    seen = f"share {of(candidate[-1], every[-1])}, weight {view.weight} %"
    counts = {"requests": candidate[-1], "of_all": every[-1]}

    def result(verdict: Verdict, reason: str) -> GateResult:
        cause = Cause.BLIND if verdict is Verdict.ERROR else None
        return GateResult(gate=GATE, verdict=verdict, reason=reason, counts=counts, cause=cause)

    if every[-1] < FEW:
        return result(Verdict.INCONCLUSIVE, f"{seen}: fewer than {FEW} requests to tell from")
    if not _is_band(view, candidate, every):
        return result(Verdict.ERROR, f"{seen}: the weight did not take effect, or counts are wrong")
    if view.weight and (quiet := _quiet(view, candidate, every)):
        reason = f"{seen}: the candidate had none of the last {quiet} requests"
        return result(Verdict.ERROR, reason)
    return result(Verdict.PASS, seen)


def _is_band(view: View, candidate: list[int], every: list[int]) -> bool:
    if view.weight in (0, EVERYBODY):
        stray = candidate[-1] if not view.weight else every[-1] - candidate[-1]
        return stray <= STRAY * every[-1]
    effect = session_effect(candidate, every)
    evidence = against_share(candidate[-1], every[-1], view.weight / EVERYBODY, effect)
    return evidence < -math.log(FALSE_ALARM)


def _quiet(view: View, candidate: list[int], every: list[int]) -> int:
    """Requests since the candidate's last one, if so many without one cannot be chance; else 0."""
    since = every[-1] - every[bisect_left(candidate, candidate[-1])]
    chance = min(view.weight / EVERYBODY, 1 - STRAY)
    return since if -since * math.log1p(-chance) / SESSION_EFFECT > GONE else 0


def session_effect(candidate: list[int], every: list[int]) -> float:
    """Design effect of the share, over stretches of windows of this step.

    Requests are counted up to the end of each window, from 0. It is measured around the share that
    was seen, so a wrong weight does not widen the band.
    """
    last = len(every) - 1
    length = max(1, last // (2 * FEWEST_STRETCHES))
    ends = [(start, min(start + length, last)) for start in range(0, last, length)]
    stretches = [(candidate[b] - candidate[a], every[b] - every[a]) for a, b in ends]
    return max(SESSION_EFFECT, design_effect(stretches, SESSION_EFFECT).value)
