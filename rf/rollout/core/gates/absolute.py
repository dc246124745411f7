"""Error rate, P95 and P99 against their limits.

"P95 below 5 s" says that fewer than 5 % of the requests take longer than 5 s, and is tested as
that, on counts. A quantile from ``histogram_quantile`` is an interpolation and has no error bar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..budget import (
    ERROR_RATE,
    ERRORS_VS_CONTROL,
    P95,
    P95_VS_CONTROL,
    P99,
    P99_VS_CONTROL,
    evidence_to_fail,
    evidence_to_pass,
)
from ..sequential import Rate, against_healthy, against_limit, fails_from, requests_to_pass
from ..verdict import Cause, GateResult, Verdict
from ..view import Failed, Slow, candidate, control
from .blame import is_shared
from .words import of, per_cent

if TYPE_CHECKING:
    from ..settings import GateArgs
    from ..view import Outcome, View

SLOW_P95 = 0.05
SLOW_P99 = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A gate: an outcome, how often it may happen, and what it is called."""

    gate: str
    versus: str
    """The gate that compares the same outcome with the control."""
    outcome: Outcome
    rate: Rate
    events: str


def limits(args: GateArgs, bounds_ms: tuple[int, ...]) -> tuple[Limit, ...]:
    """The absolute gates that ``args`` ask for."""

    def rate(limit: float) -> Rate:
        return Rate(healthy=args.healthy * limit, limit=limit)

    errors = Limit(
        gate=ERROR_RATE,
        versus=ERRORS_VS_CONTROL,
        outcome=Failed(),
        rate=rate(args.error_rate),
        events="errors",
    )
    if args.latency == "relative":
        return (errors,)
    slow = (
        (P95, P95_VS_CONTROL, args.p95_ms, SLOW_P95),
        (P99, P99_VS_CONTROL, args.p99_ms, SLOW_P99),
    )
    return (
        errors,
        *(
            Limit(
                gate=gate,
                versus=versus,
                outcome=Slow(bounds_ms, bound),
                rate=rate(limit),
                events=f"requests slower than {bound} ms",
            )
            for gate, versus, bound, limit in slow
            if bound in bounds_ms
        ),
    )


def absolute_gates(view: View) -> tuple[GateResult, ...]:
    """The verdict of every absolute gate."""
    return tuple(_judge(view, limit) for limit in limits(view.args, view.evidence.bounds_ms))


def _judge(view: View, limit: Limit) -> GateResult:
    effect = view.effect(limit.outcome).value
    for start in range(len(view.steps)):
        found = view.since(start)
        events, requests = candidate(limit.outcome, found)
        needed = evidence_to_fail(view.args.alpha, limit.gate, start)
        if against_healthy(limit.rate, events, requests, effect) >= needed:
            return _failed(view, limit, start)
    return _not_failed(view, limit)


def _failed(view: View, limit: Limit, start: int) -> GateResult:
    events, requests = candidate(limit.outcome, view.since(start))
    shared = is_shared(view, limit.outcome, limit.rate, limit.gate, limit.versus)
    seen = f"{limit.events} {of(events, requests)}, limit {per_cent(limit.rate.limit)}"
    if shared:
        other = of(*control(limit.outcome, view.since(0)))
        reason = f"{seen}; the control fails as well ({other}), so a rollback would not help"
    else:
        reason = f"{seen}: too many for a healthy version ({per_cent(limit.rate.healthy)})"
    cause = Cause.SHARED_DEPENDENCY if shared else Cause.CANARY_FAULT
    counts = {"events": events, "requests": requests, "since_step": start + 1}
    return _result(view, limit, Verdict.FAIL, reason, counts, cause)


def _not_failed(view: View, limit: Limit) -> GateResult:
    effect = view.effect(limit.outcome).value
    events, requests = candidate(limit.outcome, view.fresh)
    counts = {"events": events, "requests": requests}
    seen = f"{limit.events} {of(events, requests)}, limit {per_cent(limit.rate.limit)}"
    needed = evidence_to_pass(view.args.beta)
    if requests and against_limit(limit.rate, events, requests, effect) >= needed:
        return _result(view, limit, Verdict.PASS, seen, counts)
    more = requests_to_pass(limit.rate, events, needed, effect) - requests
    reason = f"{seen}: no verdict yet; {more} more requests without one would pass"
    return _result(view, limit, Verdict.INCONCLUSIVE, reason, counts)


def _result(  # noqa: PLR0913, PLR0917 the parts of one record
    view: View,
    limit: Limit,
    verdict: Verdict,
    reason: str,
    counts: dict[str, int],
    cause: Cause | None = None,
) -> GateResult:
    effect = view.effect(limit.outcome)
    fails = fails_from(
        limit.rate,
        counts["requests"],
        evidence_to_fail(
            view.args.alpha, limit.gate, counts.get("since_step", len(view.steps)) - 1
        ),
        effect.value,
    )
    return GateResult(
        gate=limit.gate,
        verdict=verdict,
        reason=reason,
        counts=counts | {"fails_from": fails},
        thresholds={
            "limit": limit.rate.limit,
            "healthy": limit.rate.healthy,
            "design_effect": effect.value,
        },
        cause=cause,
    )
