"""What others publish: Flagger's and Argo Rollouts' loops, as far as an error rate goes.

Sources: Flagger, ``pkg/controller/scheduler.go`` and the canary of its documentation (interval 1m,
threshold 10, a metric's window 1m, ``stepWeights``); Argo Rollouts, ``utils/analysis`` and the
background analysis of its documentation (interval 5m, failureLimit 3, steps of ``pause: 10m``).
Where they leave something open it is decided in their favour: the last failed check rolls back at
once, without the wait for the next tick and the reconciliation.
"""

import numpy as np

from .ours import Tick
from .runs import PROMOTED, ROLLED_BACK, Runs
from .streams import Counts, Floats, Mask

LIMIT = 0.05


class Peer(Runs):
    """A controller that looks at the error rate of a window, at intervals."""

    name = ""
    interval = 60.0

    def __init__(self, runs: int) -> None:
        """All runs begin at the first step."""
        super().__init__(runs)
        self.failed: Counts = np.zeros(runs, dtype=np.int64)
        self.requests: Floats = np.zeros(runs)
        self.errors: Floats = np.zeros(runs)

    def poll(self, tick: Tick, now: float, length: float) -> None:
        """Add to the window; at the end of an interval, check."""
        self.requests += tick.requests
        self.errors += tick.events[0]
        if now % self.interval >= length:
            return
        running = ~self.done
        empty = self.requests == 0
        bad = ~empty & (self.errors > LIMIT * self.requests)
        self.check(running, bad, empty, now)
        self.requests[:] = 0
        self.errors[:] = 0

    def check(self, running: Mask, bad: Mask, empty: Mask, now: float) -> None:
        """Count failures, go on or back."""
        raise NotImplementedError


class Flagger(Peer):
    """A failed check halts; ten of them roll back; a passed one goes on. No value is a failure."""

    name = "Flagger"
    interval = 60.0
    threshold = 10

    def check(self, running: Mask, bad: Mask, empty: Mask, now: float) -> None:
        halted = running & (bad | empty)
        self.failed[halted] += 1
        self.end(running & (self.failed >= self.threshold), ROLLED_BACK, now)
        self.step[running & ~halted] += 1
        self.end(running & (self.step >= len(self.parts_of_step)), PROMOTED, now)


class Argo(Peer):
    """Each step lasts ten minutes; the fourth failed measurement aborts. No value is no failure."""

    name = "Argo Rollouts"
    interval = 300.0
    failure_limit = 3
    pause = 600.0

    def check(self, running: Mask, bad: Mask, empty: Mask, now: float) -> None:
        self.failed[running & bad & ~empty] += 1
        aborted = running & (self.failed > self.failure_limit)
        self.end(aborted, ROLLED_BACK, now)
        if now % self.pause < self.interval:
            self.step[running & ~aborted] += 1
            self.end(running & ~aborted & (self.step >= len(self.parts_of_step)), PROMOTED, now)
