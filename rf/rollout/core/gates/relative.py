"""The candidate against the control at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..budget import (
    ERRORS_VS_CONTROL,
    P95_VS_CONTROL,
    P99_VS_CONTROL,
    evidence_to_fail,
    evidence_to_pass,
)
from ..sequential import (
    WORSE_BY,
    Rate,
    against_equal,
    against_healthy,
    against_limit,
    against_worse,
    requests_to_pass,
)
from ..verdict import Cause, GateResult, Verdict
from ..view import Failed, Slow, candidate, control
from .words import of, per_cent

if TYPE_CHECKING:
    from ..view import Outcome, View

TAILS = ((P95_VS_CONTROL, 0.05), (P99_VS_CONTROL, 0.01))
"""The slow requests that are compared: as many of the control's as are over its own P95 or P99."""
LARGEST_SHARE = 0.95


def is_worse(view: View, outcome: Outcome, gate: str) -> bool:
    """Whether the candidate has more of ``outcome`` than the control, since any step."""
    effect = view.effect(outcome).value
    return any(
        against_equal([view.since(start).gain(outcome, ratio) for ratio in WORSE_BY], effect)
        >= evidence_to_fail(view.args.alpha, gate, start)
        for start in range(len(view.steps))
    )


def errors_vs_control(view: View) -> GateResult:
    """Fails a candidate with more errors than the control. That it has few is ``error_rate``'s."""
    outcome = Failed()
    found = view.since(0)
    seen = (
        f"errors: candidate {of(*candidate(outcome, found))}, "
        f"control {of(*control(outcome, found))}"
    )
    if is_worse(view, outcome, ERRORS_VS_CONTROL):
        reason = f"{seen}: the candidate is worse at the same time"
        return _result(view, outcome, ERRORS_VS_CONTROL, Verdict.FAIL, reason)
    limit = view.args.error_rate
    effect = view.effect(outcome).value
    rate = Rate(healthy=view.args.healthy * limit, limit=limit)
    least = requests_to_pass(rate, 0, evidence_to_pass(view.args.beta), effect)
    _, requests = candidate(outcome, view.fresh)
    if requests < least:
        reason = f"{seen}: no verdict before {least} requests of this step ({requests} so far)"
        return _result(view, outcome, ERRORS_VS_CONTROL, Verdict.INCONCLUSIVE, reason)
    return _result(view, outcome, ERRORS_VS_CONTROL, Verdict.PASS, f"{seen}: no worse")


def latency_vs_control(view: View) -> tuple[GateResult, ...]:
    """Slow requests of the candidate against the control's, where the settings ask for it."""
    if view.args.latency == "absolute":
        return ()
    return tuple(_tail(view, gate, fraction) for gate, fraction in TAILS)


def _tail(view: View, gate: str, fraction: float) -> GateResult:
    outcome, usual = tail(view, fraction)
    found = view.since(0)
    seen = (
        f"slower than {outcome.bound} ms: candidate {of(*candidate(outcome, found))}, "
        f"control {of(*control(outcome, found))}"
    )
    if is_worse(view, outcome, gate):
        return _result(view, outcome, gate, Verdict.FAIL, f"{seen}: the candidate is slower")
    effect = view.effect(outcome).value
    needed = evidence_to_pass(view.args.beta)
    events, timed = candidate(outcome, view.fresh)
    if control(outcome, view.fresh)[1]:
        enough = against_worse(view.fresh.gain(outcome, view.args.slower), effect) >= needed
    else:
        # Everybody has the candidate: what the control showed before stands for it.
        rate = Rate(healthy=usual, limit=min(view.args.slower * usual, LARGEST_SHARE))
        if _too_slow(view, gate, rate, outcome):
            reason = f"{seen}; the control's usual share is {per_cent(usual)}: slower"
            return _result(view, outcome, gate, Verdict.FAIL, reason)
        enough = bool(timed) and against_limit(rate, events, timed, effect) >= needed
    words = f"less than {view.args.slower:g} times as many" if enough else "no verdict yet"
    verdict = Verdict.PASS if enough else Verdict.INCONCLUSIVE
    return _result(view, outcome, gate, verdict, f"{seen}: {words}")


def tail(view: View, fraction: float) -> tuple[Slow, float]:
    """The bound that at most ``fraction`` of the control's requests exceed, and how many do.

    From the control's history and what it did since; the settings' own bounds where it never had a
    request. Where nothing exceeds it, the bound below, or else there would be nothing to compare.
    """
    bounds = view.evidence.bounds_ms
    known = view.past + view.since(0).control
    if not known.timed:
        bound = view.args.p95_ms if fraction == TAILS[0][1] else view.args.p99_ms
        return Slow(bounds, bound), view.args.healthy * fraction
    shares = [known.slower_than(bounds, bound) / known.timed for bound in bounds]
    within = [index for index, share in enumerate(shares) if share <= fraction]
    index = within[0] if within else len(bounds) - 1
    if not shares[index] and index:
        index -= 1
    usual = min(shares[index] or view.args.healthy * fraction, LARGEST_SHARE / 2)
    return Slow(bounds, bounds[index]), usual


def _too_slow(view: View, gate: str, rate: Rate, outcome: Slow) -> bool:
    """Whether this step alone is slower than ``rate`` allows.

    Without a control it has no other test, so the step's part of alpha is free for this one.
    """
    start = len(view.steps) - 1
    effect = view.effect(outcome).value
    evidence = against_healthy(rate, *candidate(outcome, view.since(start)), effect)
    return evidence >= evidence_to_fail(view.args.alpha, gate, start)


def _result(view: View, outcome: Outcome, gate: str, verdict: Verdict, reason: str) -> GateResult:
    events, requests = candidate(outcome, view.since(0))
    control_events, control_requests = control(outcome, view.since(0))
    return GateResult(
        gate=gate,
        verdict=verdict,
        reason=reason,
        counts={
            "events": events,
            "requests": requests,
            "control_events": control_events,
            "control_requests": control_requests,
        },
        thresholds={"design_effect": view.effect(outcome).value, "slower": view.args.slower},
        cause=Cause.CANARY_FAULT if verdict is Verdict.FAIL else None,
    )
