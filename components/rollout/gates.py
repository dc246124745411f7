"""What the gates of a rollout demand, and its patience; the defaults are the guide's numbers."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ..thresholds import THRESHOLDS
from ..types import STRICT, Count, Percentage, Seconds, Switch

MINUTE = 60
HOUR = 60 * MINUTE
STEPS = (10, 50, 100)

Probability = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Milliseconds = Annotated[int, Field(strict=True, ge=1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class GateArgs:
    """Gates of one service: limits and certainty."""

    error_rate: Probability = THRESHOLDS["HighErrorRate"].value
    """The share of failed requests must be below this (guide: 5 %)."""
    p95_ms: Milliseconds = int(THRESHOLDS["HighInferenceLatency"].value)
    """P95 below this: fewer than 5 % of the requests take longer. A bound of the histogram."""
    p99_ms: Milliseconds = int(THRESHOLDS["CriticalInferenceLatency"].value)
    """P99 below this: fewer than 1 % of the requests take longer. A bound of the histogram."""
    latency: Literal["absolute", "relative", "both"] = "absolute"
    """``relative`` compares with the control at the same time. It is for services whose requests
    last as long as their answer is, such as Ollama's streams."""
    slower: Annotated[float, Field(gt=1, le=20, allow_inf_nan=False)] = 3.0
    """Relative latency: how many times as many slow requests as the control's are too many."""
    healthy: Probability = 0.2
    """What a healthy version is expected to use of each limit: 0.2 of 5 % is 1 %. Between this and
    the limit a version is neither good nor bad, and nothing is promised."""

    alpha: Probability = 0.01
    """Chance of rolling back a version that is as healthy as expected, over the whole rollout."""
    beta: Probability = 0.05
    """Chance of passing one step with a version that is at a limit."""
    design_effect: Annotated[float, Field(ge=1, le=100, allow_inf_nan=False)] = 2.0
    """How many requests carry the evidence of one independent request, where the history of the
    control has too few events to estimate it."""

    expects_gpu: Switch = False
    """Whether a model outside the GPU's memory fails the canary (Ollama goes on silently)."""
    down: Seconds = THRESHOLDS["ServiceDown"].for_seconds
    """Seconds without any instance up that fail the canary."""

    settle: Seconds = 10
    """Seconds of a step that do not count for promotion: requests of the step before still end."""

    @model_validator(mode="after")
    def _they_fit_together(self) -> "GateArgs":
        if self.p95_ms > self.p99_ms:
            raise ValueError(f"p95_ms is {self.p95_ms}, more than p99_ms, which is {self.p99_ms}")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PatienceArgs:
    """How long a rollout waits, and what it does when it cannot tell."""

    bake: Seconds = 10 * MINUTE
    """Seconds at the last step before the candidate counts as promoted."""
    min_hold: Seconds = MINUTE
    """Shortest time at one step, in seconds."""
    max_hold: Seconds = 4 * HOUR
    """Longest time at one step without a verdict, in seconds; then the rollout pauses."""
    poll: Seconds = 1
    """Seconds between two readings of the gateways' counters."""
    retries: Count = 5
    """Unusable readings in a row before the rollout pauses."""
    retry_wait: Seconds = 10
    """Seconds between them."""
    on_blind: Literal["pause", "rollback"] = "pause"
    """What follows when the retries are used up."""
    on_shared: Literal["pause", "rollback"] = "pause"
    """What follows when the control fails as well. Rolling back does not help then."""

    @model_validator(mode="after")
    def _there_is_time_for_a_verdict(self) -> "PatienceArgs":
        if self.max_hold <= max(self.min_hold, self.bake):
            raise ValueError(
                f"max_hold is {self.max_hold}; it must be more than min_hold ({self.min_hold}) and "
                f"bake ({self.bake})"
            )
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PaceArgs(PatienceArgs):
    """How a rollout goes on: its steps and its patience."""

    steps: tuple[Percentage, ...] = STEPS
    """Per cent of users, one step after the other."""

    @model_validator(mode="after")
    def _they_rise(self) -> "PaceArgs":
        rising = all(a < b for a, b in pairwise(self.steps))
        if not self.steps or not rising or not self.steps[0]:
            raise ValueError(f"steps are {list(self.steps)}; they must rise, from more than 0")
        return self
