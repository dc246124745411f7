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
CERTAIN = 1.64
"""Standard errors by which the longer stretches, which are few, must show more to count."""
UNEVEN = 1.2
"""Groups are of uneven size, and the largest of them are a little worse than their variance says:
what the history shows above 1 counts so much more (checked in ``bench/rollout``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignEffect:
    """So many requests carry the evidence of one."""

    value: float
    """At least 1."""
    measured: bool
    """False where there was too little history, and the setting counts."""


def design_effect(minutes: Sequence[tuple[int, int]], otherwise: float) -> DesignEffect:
    """From (events, requests) of each minute of history; ``otherwise`` where it is too short."""
    short = variance_ratio(minutes)
    if short is None:
        return DesignEffect(value=otherwise, measured=False)
    stretches = [
        (sum(events for events, _ in part), sum(requests for _, requests in part))
        for part in (minutes[at : at + LONG] for at in range(0, len(minutes) // LONG * LONG, LONG))
    ]
    long = variance_ratio(stretches) or 0.0
    least = long * (1 - CERTAIN * math.sqrt(2 / max(len(stretches) - 1, 2)))
    excess = max(short, least, 1.0) - 1
    return DesignEffect(value=round(1 + UNEVEN * excess, 2), measured=True)


def variance_ratio(stretches: Sequence[tuple[int, int]]) -> float | None:
    """Variance of the events, by what it would be if each came by itself; None for too few."""
    used = [(events, requests) for events, requests in stretches if requests]
    events = sum(events for events, _ in used)
    requests = sum(requests for _, requests in used)
    if len(used) < FEWEST_STRETCHES or not FEWEST_EVENTS <= events < requests:
        return None
    rate = events / requests
    squares = sum((found - rate * of) ** 2 for found, of in used)
    freedom = (len(used) - 1) / len(used)
    return squares / (rate * (1 - rate) * requests * freedom)
