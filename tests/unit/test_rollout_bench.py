"""The bench's arithmetic on arrays and the core come to the same, poll by poll."""

import numpy as np
import pytest

from bench.rollout.ours import Ours, Tick
from bench.rollout.runs import PROMOTED, ROLLED_BACK
from bench.rollout.simulate import Scenario, routed
from bench.rollout.streams import BURSTY, INDEPENDENT, Traffic
from rf.rollout.core import (
    Counts,
    Enter,
    Evidence,
    GateArgs,
    Hold,
    Kind,
    PaceArgs,
    Phase,
    Pod,
    Poll,
    Rollback,
    Step,
    after,
    begin,
    decide,
    judge,
    version_plan,
)
from tests.unit.rollout_evidence import UP

BOUNDS = (5000, 10_000)
ARGS = GateArgs(settle=20)
PACE = PaceArgs(bake=200, min_hold=60)
TICK = 10.0
EFFECT = ARGS.design_effect
JUDGED = (Kind.SHIFT, Kind.BAKE)


def added(requests: int, events: tuple[int, int, int]) -> Counts:
    """Counts of one tick."""
    failed, slow, very_slow = events
    timed = (requests - slow, requests - very_slow, requests)
    return Counts(requests=requests, errors=failed, durations=timed)


class OneRun:
    """The core on one run's ticks, as a controller would drive it."""

    def __init__(self) -> None:
        self.state = after(begin(version_plan("triton", PACE), 0.0), Enter(stage=0), 0.0)
        self.shown = Pod(candidate=added(0, (0, 0, 0)), control=added(0, (0, 0, 0)))
        self.steps: tuple[Step, ...] = (self._step(0.0),)

    @property
    def over(self) -> bool:
        """Rolled back, or promoted as far as the bench goes."""
        stage = self.state.current
        return self.state.phase is not Phase.RUNNING or stage is None or stage.kind not in JUDGED

    def _step(self, now: float) -> Step:
        return Step(weight=self.state.weight, polls=(Poll(at=now, pods={"g": self.shown}),))

    def poll(self, tick: Tick, run: int, now: float) -> None:
        candidate = added(int(tick.requests[run]), tuple(map(int, tick.events[:, run])))  # type: ignore[arg-type]
        control = added(
            int(tick.control_requests[run]),
            tuple(map(int, tick.control_events[:, run])),  # type: ignore[arg-type]
        )
        self.shown = Pod(
            candidate=self.shown.candidate + candidate, control=self.shown.control + control
        )
        *earlier, last = self.steps
        polls = (*last.polls, Poll(at=now, pods={"g": self.shown}))
        self.steps = (*earlier, Step(weight=last.weight, polls=polls))
        found = Evidence(
            service="triton", bounds_ms=BOUNDS, steps=self.steps, candidate=UP, control=UP
        )
        action = decide(self.state, judge(ARGS, found), now)
        self.state = after(self.state, action, now)
        if isinstance(action, Enter):
            self.steps = (*self.steps, self._step(now))
        assert isinstance(action, Enter | Hold | Rollback)


@pytest.mark.parametrize("traffic", [INDEPENDENT, BURSTY], ids=lambda traffic: traffic.name)
@pytest.mark.parametrize("canary", [0.0, 0.05, 0.3])
def test_both_come_to_the_same_end_at_the_same_poll(traffic: Traffic, canary: float) -> None:
    runs = 2
    scenario = Scenario(traffic=traffic, canary_rate=0.9, canary=canary)
    stream = scenario.stream(runs, seed=11)
    theirs = Ours(ARGS, PACE, np.full((3, runs), EFFECT), compare_latency=False)
    mine = [OneRun() for _ in range(runs)]
    ends: list[float | None] = [None] * runs

    for begun in range(0, 600, 60):
        chunk = stream.next(60)
        for index in range(60):
            now = (begun + index + 1) * TICK
            tick = routed(chunk, index, theirs.parts)
            theirs.poll(tick, now, TICK)
            for run, core in enumerate(mine):
                if ends[run] is None:
                    core.poll(tick, run, now)
                    ends[run] = now if core.over else None
        if None not in ends:
            break

    assert ends == theirs.ended.tolist()
    expected = PROMOTED if canary == 0 else ROLLED_BACK
    assert set(theirs.state.tolist()) == {expected}
    assert {core.state.phase for core in mine} == {
        Phase.RUNNING if canary == 0 else Phase.ROLLED_BACK
    }
