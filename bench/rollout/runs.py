"""Many rollouts at once: where each is, and how it ended."""

import numpy as np

from .streams import Counts, Floats, Mask

RUNNING, ROLLED_BACK, PROMOTED, PAUSED = range(4)


class Runs:
    """The state that every controller keeps; the last axis of every array is that of runs."""

    parts_of_step: tuple[int, ...] = (1, 2, 3)
    """Parts of the users that the canary has: at 10, 50 and 100 %."""

    def __init__(self, runs: int) -> None:
        """All begin at the first step."""
        self.state: Counts = np.zeros(runs, dtype=np.int64)
        self.step: Counts = np.zeros(runs, dtype=np.int64)
        self.ended: Floats = np.full(runs, np.nan)

    @property
    def parts(self) -> Counts:
        """Parts of the users that each run's canary has."""
        last = len(self.parts_of_step) - 1
        held = np.array(self.parts_of_step)[np.minimum(self.step, last)]
        return np.where(self.state == ROLLED_BACK, 0, held)

    @property
    def done(self) -> Mask:
        """Runs whose rollout has ended."""
        ended: Mask = self.state != RUNNING
        return ended

    def end(self, runs: Mask, state: int, now: float) -> None:
        """These runs have ended."""
        self.state[runs] = state
        self.ended[runs] = now

    def keep(self, runs: Mask) -> None:
        """Go on with these runs only."""
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray) and value.shape:
                setattr(self, name, value[..., runs])
