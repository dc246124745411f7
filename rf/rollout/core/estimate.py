"""How long a rollout takes and what its gates would see, before it begins: for ``--dry-run``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .budget import ERROR_RATE, evidence_to_fail, evidence_to_pass
from .gates.absolute import limits
from .gates.relative import TAILS
from .plan import EVERYBODY
from .sequential import Rate, requests_to_pass

if TYPE_CHECKING:
    from .plan import Plan, Stage
    from .settings import GateArgs

BAD_RATES = (0.05, 0.10, 0.30)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEstimate:
    """What one judged stage takes at a given request rate."""

    stage: Stage
    least_requests: int
    """Of the candidate, if none of them fails or is slow."""
    expected_requests: int
    """Of the candidate, with as many failures and slow ones as are expected of a healthy one."""
    least_seconds: float
    expected_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a whole rollout takes."""

    stages: tuple[StageEstimate, ...]
    problems: tuple[str, ...]
    """Why gates cannot reach a verdict, in plain words; none if they can."""

    @property
    def least_seconds(self) -> float:
        return sum(stage.least_seconds for stage in self.stages)

    @property
    def expected_seconds(self) -> float:
        return sum(stage.expected_seconds for stage in self.stages)


def estimate(
    args: GateArgs,
    plan: Plan,
    *,
    requests_per_second: float,
    bounds_ms: tuple[int, ...],
    effect: float = 1,
) -> Estimate:
    """What ``plan`` takes when the service gets so many requests, both arms together.

    ``effect`` is the design effect that the control's history shows.
    """
    judged = [stage for stage in plan.stages if stage.weight]
    stages = tuple(_stage(args, stage, requests_per_second, bounds_ms, effect) for stage in judged)
    return Estimate(stages=stages, problems=_problems(args, plan, stages, bounds_ms))


def _stage(
    args: GateArgs, stage: Stage, total: float, bounds_ms: tuple[int, ...], effect: float
) -> StageEstimate:
    needed = evidence_to_pass(args.beta)
    rates = [limit.rate for limit in limits(args, bounds_ms)]
    least = max(requests_to_pass(rate, 0, needed, effect) for rate in rates)
    expected = max(
        *(math.ceil(needed * effect / divergence(rate.healthy, rate.limit)) for rate in rates),
        _comparison(args, stage, needed, effect),
    )
    rate = total * stage.weight / EVERYBODY

    def seconds(requests: int) -> float:
        return max(stage.hold, args.settle + requests / rate) if rate else math.inf

    return StageEstimate(
        stage=stage,
        least_requests=least,
        expected_requests=max(least, expected),
        least_seconds=seconds(least),
        expected_seconds=seconds(max(least, expected)),
    )


def _comparison(args: GateArgs, stage: Stage, needed: float, effect: float) -> int:
    """Requests until the comparison of latency passes arms that are alike."""
    if args.latency == "absolute":
        return 0
    fraction = min(fraction for _, fraction in TAILS)
    if stage.weight == EVERYBODY:
        return math.ceil(needed * effect / divergence(fraction, args.slower * fraction))
    share = stage.weight / EVERYBODY
    gain = math.log1p((args.slower - 1) * share) - share * math.log(args.slower)
    return math.ceil(needed * effect / gain / fraction * share)


def divergence(rate: float, other: float) -> float:
    """Evidence a request gives against ``other`` when ``rate`` is true (Kullback and Leibler)."""
    return rate * math.log(rate / other) + (1 - rate) * (math.log1p(-rate) - math.log1p(-other))


def requests_to_detect(args: GateArgs, error_rate: float, effect: float = 1) -> int:
    """About how many requests the first step takes to roll back at ``error_rate``."""
    rate = Rate(healthy=args.healthy * args.error_rate, limit=args.error_rate)
    needed = evidence_to_fail(args.alpha, ERROR_RATE, 0)
    waits = []
    for bet in rate.too_high:
        gain = error_rate * bet.event + (1 - error_rate) * bet.other
        if gain > 0:
            waits.append((needed - bet.stake) * effect / gain)
    if not waits:
        raise ValueError(f"an error rate of {error_rate:g} is within what the gate lets pass")
    return math.ceil(min(waits))


def _problems(
    args: GateArgs, plan: Plan, stages: tuple[StageEstimate, ...], bounds_ms: tuple[int, ...]
) -> tuple[str, ...]:
    found = []
    if args.latency != "relative":
        found += [
            f"the duration histogram has no bound at {bound} ms, so the gate there cannot fire"
            for bound in (args.p95_ms, args.p99_ms)
            if bound not in bounds_ms
        ]
    found += [
        f"at {stage.stage.weight} % a verdict takes about {_minutes(stage.expected_seconds)}, more "
        f"than max_hold ({_minutes(plan.pace.max_hold)}): the rollout would pause"
        for stage in stages
        if stage.expected_seconds > plan.pace.max_hold
    ]
    return tuple(found)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if math.isfinite(seconds) else "for ever"
