"""Sequential tests on integer counts: they may be looked at after every request.

Each is a test martingale (a bet against a hypothesis whose stake does not grow in the mean while
the hypothesis holds), so by Ville's inequality it ever passes 1/α with a chance of at most α,
however often one looks (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by
betting", JRSS B 2024; Wald's sequential probability ratio test is the special case of one bet).
All functions answer logarithms of stakes, in nats.

``effect`` is the design effect (``dispersion.py``): every bet is raised to 1/effect, that is, so
many requests carry the evidence of one. For groups of requests that fail together in equal numbers
that is exact; for groups of uneven size it is an approximation, which ``bench/rollout`` checks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WORSE_BY = (4.0, 16.0)
"""Relative rates of failure that the comparison with the control bets on, in equal parts."""
FAR_WORSE = 4
"""The second bet against a limit is on this many times the limit: what is far beyond it is then
found with a third of the requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bet:
    """A bet's logarithmic gain for each event and loss for each request without one."""

    event: float
    other: float
    stake: float
    """Logarithm of the part of the stake that is on it."""

    def log(self, events: float, requests: float, effect: float) -> float:
        """Where the bet stands after ``events`` of ``requests``."""
        return self.stake + (events * self.event + (requests - events) * self.other) / effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate of events a request: what is healthy, and the limit."""

    healthy: float
    limit: float

    @property
    def too_high(self) -> tuple[Bet, ...]:
        """Bets against "at most ``healthy``"."""
        far = min(FAR_WORSE * self.limit, (1 + self.limit) / 2)
        return tuple(_bet(self.healthy, rate, parts=2) for rate in (self.limit, far))

    @property
    def low_enough(self) -> Bet:
        """The bet against "at least ``limit``"."""
        return _bet(self.limit, self.healthy, parts=1)


def _bet(null: float, rate: float, *, parts: int) -> Bet:
    return Bet(
        event=math.log(rate / null),
        other=math.log1p(-rate) - math.log1p(-null),
        stake=-math.log(parts),
    )


def against_healthy(rate: Rate, events: int, requests: int, effect: float) -> float:
    """Evidence that events are more frequent than ``rate.healthy``; it rises with ``events``."""
    return log_sum(bet.log(events, requests, effect) for bet in rate.too_high)


def against_limit(rate: Rate, events: int, requests: int, effect: float) -> float:
    """Evidence that events are rarer than ``rate.limit``; it falls with ``events``."""
    return rate.low_enough.log(events, requests, effect)


def fails_from(rate: Rate, requests: int, needed: float, effect: float) -> int:
    """The fewest events among ``requests`` that reach ``needed``; more than there are if none."""
    low, high = 0, requests + 1
    while low < high:
        middle = (low + high) // 2
        if against_healthy(rate, middle, requests, effect) >= needed:
            high = middle
        else:
            low = middle + 1
    return low


def requests_to_pass(rate: Rate, events: int, needed: float, effect: float) -> int:
    """How many requests with ``events`` among them show that the rate is below its limit."""
    bet = rate.low_enough
    return max(events, math.ceil(events + (needed * effect - events * bet.event) / bet.other))


Arms = tuple[int, int, int, int]
"""Events and requests of the candidate, events and requests of the control, of one window."""


def against_equal(gains: Sequence[float], effect: float) -> float:
    """Evidence that the candidate's rate is higher than the control's, window by window.

    ``gains``: over all windows, of a bet on each of ``WORSE_BY``.

    Given that a request failed, was it the candidate's? When both arms fail alike, with a chance of
    the candidate's share of the requests in that window. Only failures count, so it does not matter
    how many there are: a shared outage says nothing, and a control without any failure is fine.
    """
    return log_sum(found / effect - math.log(len(gains)) for found in gains)


def against_worse(gain: float, effect: float) -> float:
    """Evidence that the rate is below so many times the control's as ``gain`` is a bet on."""
    return -gain / effect


def gain(ratio: float, window: Arms) -> float:
    """What one window adds to a bet on ``ratio`` times the control's rate."""
    events, requests, control_events, control_requests = window
    if not requests or not control_requests:
        return 0.0
    share = requests / (requests + control_requests)
    both = events + control_events
    return events * math.log(ratio) - both * math.log1p((ratio - 1) * share)


def against_share(requests: int, of_all: int, share: float, effect: float) -> float:
    """Evidence that ``requests`` of ``of_all`` are not a draw with chance ``share`` each.

    Bets on every other share alike (Robbins' mixture). ``share`` is strictly between 0 and 1.
    """
    rest = of_all - requests
    mixture = math.lgamma(requests + 1) + math.lgamma(rest + 1) - math.lgamma(of_all + 2)
    return (mixture - requests * math.log(share) - rest * math.log1p(-share)) / effect


def log_sum(logs: Iterable[float]) -> float:
    """Logarithm of the sum of exponentials, without overflow."""
    found = list(logs)
    largest = max(found)
    return largest + math.log(sum(math.exp(value - largest) for value in found))
