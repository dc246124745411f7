"""The controller over many runs at once.

The arithmetic of ``rf.rollout.core`` on arrays, with its own bets, budgets and design effects. That
both come to the same verdicts at the same polls is a test (``tests/unit/test_rollout_bench.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rf.rollout.core.budget import (
    ERROR_RATE,
    ERRORS_VS_CONTROL,
    P95,
    P95_VS_CONTROL,
    P99,
    P99_VS_CONTROL,
    evidence_to_fail,
    evidence_to_pass,
)
from rf.rollout.core.sequential import WORSE_BY, Bet, Rate, requests_to_pass
from rf.rollout.core.settings import GateArgs, PaceArgs

from .runs import PAUSED, PROMOTED, ROLLED_BACK, Runs
from .streams import Counts, Floats, Mask

PARTS_OF_STEP = (*Runs.parts_of_step, 3)
"""The last again: it bakes at 100 %."""
STEPS = len(PARTS_OF_STEP)
OUTCOMES = 3
"""Failed, slower than P95's bound, slower than P99's."""


@dataclass(frozen=True, kw_only=True)
class Tick:
    """What one poll added, for each run: shapes (runs,) and (outcomes, runs)."""

    requests: Counts
    events: Counts
    control_requests: Counts
    control_events: Counts


class Ours(Runs):
    """Every run's rollout, one poll after the other."""

    name = "ours"
    parts_of_step = PARTS_OF_STEP

    def __init__(
        self, args: GateArgs, pace: PaceArgs, effects: Floats, *, compare_latency: bool
    ) -> None:
        """``effects``: the design effect of each outcome and run; shape (outcomes, runs).

        ``compare_latency``: the comparison of latency may fail a canary too.
        """
        self.args = args
        self.pace = pace
        self.effects = effects
        self.compared = OUTCOMES if compare_latency else 1
        runs = effects.shape[1]
        super().__init__(runs)
        self.since: Floats = np.zeros(runs)
        self.requests: Floats = np.zeros((STEPS, runs))
        self.events: Floats = np.zeros((STEPS, OUTCOMES, runs))
        self.control_requests: Floats = np.zeros((STEPS, runs))
        self.control_events: Floats = np.zeros((STEPS, OUTCOMES, runs))
        self.worse: Floats = np.zeros((STEPS, len(WORSE_BY), OUTCOMES, runs))
        self.fresh_requests: Floats = np.zeros(runs)
        self.fresh_events: Floats = np.zeros((OUTCOMES, runs))
        limits = (args.error_rate, 0.05, 0.01)
        self.rates = tuple(Rate(healthy=args.healthy * limit, limit=limit) for limit in limits)
        needed = evidence_to_pass(args.beta)
        self.least = np.array(
            [requests_to_pass(self.rates[0], 0, needed, float(effect)) for effect in effects[0]]
        )

    def poll(self, tick: Tick, now: float, length: float) -> None:
        """Take in what the poll at ``now`` added in the last ``length`` seconds, and decide."""
        running = ~self.done
        settled = now - length >= self.since + self.args.settle
        self.fresh_requests += tick.requests * settled
        self.fresh_events += tick.events * settled
        gains = _worse_by(tick)
        for start in range(STEPS):
            counts = running & (self.step >= start)
            self.requests[start] += tick.requests * counts
            self.events[start] += tick.events * counts
            self.control_requests[start] += tick.control_requests * counts
            self.control_events[start] += tick.control_events * counts
            self.worse[start] += gains * counts
        failed = running & self._fails()
        passed = running & ~failed & self._passes(now)
        paused = running & ~failed & ~passed & (now - self.since >= self.pace.max_hold)
        self.end(failed, ROLLED_BACK, now)
        self.end(paused, PAUSED, now)
        self._next(passed, now)

    def _fails(self) -> Mask:
        worse = self._worse()
        failed: Mask = np.logical_or.reduce(worse)
        gates = (ERROR_RATE, P95, P99)
        for outcome, (gate, rate) in enumerate(zip(gates, self.rates, strict=True)):
            candidate = self._out_of_limits(gate, rate, outcome, self.requests, self.events)
            if candidate.any():
                control = self._out_of_limits(
                    gate, rate, outcome, self.control_requests, self.control_events
                )
                failed |= candidate & (~control | worse[outcome])
        return failed

    def _out_of_limits(
        self, gate: str, rate: Rate, outcome: int, requests: Floats, events: Floats
    ) -> Mask:
        found = np.zeros(len(self.state), dtype=bool)
        effect = self.effects[outcome]
        for start in range(STEPS):
            of, hits = requests[start], events[start, outcome]
            needed = evidence_to_fail(self.args.alpha, gate, start)
            found |= _sum_reaches([_log(bet, hits, of, effect) for bet in rate.too_high], needed)
        return found

    def _worse(self) -> Mask:
        found = np.zeros((OUTCOMES, len(self.state)), dtype=bool)
        gates = (ERRORS_VS_CONTROL, P95_VS_CONTROL, P99_VS_CONTROL)
        for start in range(STEPS):
            bets = self.worse[start] / self.effects - np.log(len(WORSE_BY))
            for outcome in range(self.compared):
                needed = evidence_to_fail(self.args.alpha, gates[outcome], start)
                found[outcome] |= _sum_reaches(list(bets[:, outcome]), needed)
        return found

    def _passes(self, now: float) -> Mask:
        hold = np.where(self.step == STEPS - 1, self.pace.bake, self.pace.min_hold)
        passed: Mask = np.greater_equal(now - self.since, hold)
        needed = evidence_to_pass(self.args.beta)
        for outcome, rate in enumerate(self.rates):
            events, effect = self.fresh_events[outcome], self.effects[outcome]
            passed &= _log(rate.low_enough, events, self.fresh_requests, effect) >= needed
        return passed & (self.fresh_requests >= self.least)

    def _next(self, runs: Mask, now: float) -> None:
        self.step[runs] += 1
        self.since[runs] = now
        self.fresh_requests[runs] = 0
        self.fresh_events[:, runs] = 0
        self.end(runs & (self.step == STEPS), PROMOTED, now)


def _log(bet: Bet, events: Floats, requests: Floats, effect: Floats) -> Floats:
    """``Bet.log`` of every run."""
    return bet.stake + (events * bet.event + (requests - events) * bet.other) / effect


def _sum_reaches(bets: Sequence[Floats], needed: float) -> Mask:
    """Where the bets together are at ``needed``; the sum is only taken where it may matter."""
    near: Mask = np.maximum.reduce(bets) >= needed - np.log(len(bets))
    if near.any():
        near &= np.logaddexp.reduce(bets) >= needed
    return near


def _worse_by(tick: Tick) -> Floats:
    """What each window adds to the comparisons: shape (ratios, outcomes, runs)."""
    requests, control = tick.requests, tick.control_requests
    both = tick.events + tick.control_events
    comparable = (requests > 0) & (control > 0)
    share = requests / np.maximum(requests + control, 1)
    return np.stack(
        [
            (tick.events * np.log(ratio) - both * np.log1p((ratio - 1) * share)) * comparable
            for ratio in WORSE_BY
        ]
    )
