"""How far requests fail together: the design effect, from the control's own history.

Requests of one session, or of one bad second, fail together, and then ten failures are not ten
pieces of evidence. The design effect is the variance of the number of failures in a stretch of
time, by what it would be if every request failed by itself (Kish, "Survey Sampling", 1965). It is
1 for independent requests, and 3 where three requests carry the evidence of one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LONG = 5
"""Minutes of the longer stretches: what comes in groups over minutes is not seen in one minute."""
FEWEST_STRETCHES = 20
FEWEST_EVENTS = 20
DOUBT = 1.0
"""Standard errors that are added to what is measured, lest a short history look too good."""
CERTAIN = 1.64
"""Standard errors by which the longer stretches, which are few, must show more to count."""
UNEVEN = 1.5
"""Groups are of uneven size, and the largest of them are worse than their variance says, the more
so the more requests go in groups: what the history shows above 1 counts up to so many times
(``bench/rollout`` shows that this suffices)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignEffect:
    """So many requests carry the evidence of one."""

    value: float
    """At least 1."""
    measured: bool
    """False where there was too little history, and the setting counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceRatio:
    """Variance of the events of a stretch, by what it would be if each came by itself."""

    value: float
    error: float
    """Standard error."""


def design_effect(minutes: Sequence[tuple[int, int]], otherwise: float) -> DesignEffect:
    """From (events, requests) of each minute of history; ``otherwise`` where it is too short."""
    short = variance_ratio(minutes)
    if short is None:
        return DesignEffect(value=otherwise, measured=False)
    found = short.value + DOUBT * short.error
    long = variance_ratio(
        [
            (sum(events for events, _ in part), sum(requests for _, requests in part))
            for part in (minutes[at : at + LONG] for at in range(0, len(minutes), LONG))
        ]
    )
    if long is not None:
        found = max(found, long.value - CERTAIN * long.error)
    excess = max(found - 1, 0.0)
    margin = min(1 + excess / 4, UNEVEN)
    return DesignEffect(value=round(1 + margin * excess, 2), measured=True)


def variance_ratio(stretches: Sequence[tuple[int, int]]) -> VarianceRatio | None:
    """How far (events, requests) of stretches of time scatter; None where they are too few."""
    used = [(events, requests) for events, requests in stretches if requests]
    events = sum(events for events, _ in used)
    requests = sum(requests for _, requests in used)
    if len(used) < FEWEST_STRETCHES or not FEWEST_EVENTS <= events < requests:
        return None
    rate = events / requests
    alone = rate * (1 - rate) * requests / len(used)
    squares = [(found - rate * of) ** 2 / alone for found, of in used]
    mean = math.fsum(squares) / len(used)
    spread = math.fsum((square - mean) ** 2 for square in squares) / (len(used) - 1)
    return VarianceRatio(
        value=mean * len(used) / (len(used) - 1), error=math.sqrt(spread / len(used))
    )
