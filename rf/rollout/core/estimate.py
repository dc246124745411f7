"""How long a rollout takes and what its gates would see, before it begins: for ``--dry-run``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .budget import ERROR_RATE, evidence_to_fail, evidence_to_pass
from .evidence import Evidence, Step
from .gates.absolute import limits
from .gates.relative import TAILS, tail
from .plan import EVERYBODY
from .sequential import Rate, requests_to_pass
from .view import Memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .dispersion import DesignEffect
    from .evidence import Counts
    from .plan import Plan, Stage
    from .settings import GateArgs


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
    effects: Mapping[str, DesignEffect]
    """How far they come together, by the events that gates judge."""
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
    history: tuple[Counts, ...] = (),
) -> Estimate:
    """What ``plan`` takes when the service gets so many requests, both arms together.

    ``history``: see ``Evidence.history``; it says how far requests fail together, as it does to
    the judge.
    """
    needs = tuple(_needs(args, bounds_ms, history))
    judged = [stage for stage in plan.stages if stage.weight]
    stages = tuple(_stage(args, stage, requests_per_second, needs) for stage in judged)
    return Estimate(
        stages=stages,
        effects={need.events: need.effect for need in needs},
        problems=_problems(args, plan, stages, bounds_ms),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    """What a gate judges: against the limit ``rate``, or against the control's ``fraction``."""

    events: str
    effect: DesignEffect
    rate: Rate | None = None
    fraction: float = 0


def _needs(
    args: GateArgs, bounds_ms: tuple[int, ...], history: tuple[Counts, ...]
) -> Iterator[_Need]:
    nothing_yet = Step(weight=0, polls=())
    evidence = Evidence(service="", bounds_ms=bounds_ms, steps=(nothing_yet,), history=history)
    view = Memory().view(args, evidence)
    for limit in limits(args, bounds_ms):
        yield _Need(events=limit.events, effect=view.effect(limit.outcome), rate=limit.rate)
    for _, fraction in TAILS if args.latency != "absolute" else ():
        slow, _ = tail(view, fraction)
        events = f"requests slower than {slow.bound} ms"
        yield _Need(events=events, effect=view.effect(slow), fraction=fraction)


def _stage(args: GateArgs, stage: Stage, total: float, needs: tuple[_Need, ...]) -> StageEstimate:
    least = max(_least(args, need) for need in needs)
    expected = max(least, *(_expected(args, stage, need) for need in needs))
    rate = total * stage.weight / EVERYBODY

    def seconds(requests: int) -> float:
        return max(stage.hold, args.settle + requests / rate) if rate else math.inf

    return StageEstimate(
        stage=stage,
        least_requests=least,
        expected_requests=expected,
        least_seconds=seconds(least),
        expected_seconds=seconds(expected),
    )


def _least(args: GateArgs, need: _Need) -> int:
    if need.rate is None:
        return 0
    return requests_to_pass(need.rate, 0, evidence_to_pass(args.beta), need.effect.value)


def _expected(args: GateArgs, stage: Stage, need: _Need) -> int:
    """Requests until the gate passes a healthy version."""
    evidence = evidence_to_pass(args.beta) * need.effect.value
    if need.rate is not None:
        return math.ceil(evidence / divergence(need.rate.healthy, need.rate.limit))
    fraction = need.fraction
    if stage.weight == EVERYBODY:
        return math.ceil(evidence / divergence(fraction, args.slower * fraction))
    share = stage.weight / EVERYBODY
    gain = math.log1p((args.slower - 1) * share) - share * math.log(args.slower)
    return math.ceil(evidence / gain / fraction * share)


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
    if any(math.isinf(stage.expected_seconds) for stage in stages):
        return (*found, "without requests there is no verdict: the rollout would pause")
    found += [
        f"at {stage.stage.weight} % a verdict takes about {_minutes(stage.expected_seconds)}, more "
        f"than max_hold ({_minutes(plan.pace.max_hold)}): the rollout would pause"
        for stage in stages
        if stage.expected_seconds > plan.pace.max_hold
    ]
    # Several stages have the same weight.
    return tuple(dict.fromkeys(found))


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min"
