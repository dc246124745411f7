"""Whether the metrics are being collected: a verdict on missing numbers would be none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..verdict import Cause, GateResult, Verdict

if TYPE_CHECKING:
    from ..view import View

GATE = "metrics"
UNTIMED = 0.05
"""Share of the answered requests that may lack a duration."""
FEW = 20
LAG = 2
"""Seconds by which durations may come after the requests that they belong to: a gateway brings its
histograms up to date once a second, and its counters at once."""


def metrics_gate(view: View) -> GateResult:
    """Every series read, the histogram complete, requests seen."""
    faults = [*view.evidence.faults, *_missing_bounds(view), *_untimed(view)]
    if faults:
        return GateResult(
            gate=GATE, verdict=Verdict.ERROR, reason="; ".join(faults), cause=Cause.BLIND
        )
    counted = view.fresh.candidate
    counts = {"requests": counted.requests, "resets": counted.resets}
    if not counted.requests:
        reason = "the candidate has had no request in this step"
        return GateResult(gate=GATE, verdict=Verdict.INCONCLUSIVE, reason=reason, counts=counts)
    restarts = f", {counted.resets} restarts of gateway pods" if counted.resets else ""
    reason = f"metrics are collected: {counted.requests} requests in this step{restarts}"
    return GateResult(gate=GATE, verdict=Verdict.PASS, reason=reason, counts=counts)


def _missing_bounds(view: View) -> list[str]:
    args = view.args
    wanted = {args.p95_ms, args.p99_ms} if args.latency != "relative" else set()
    return [
        f"the duration histogram has no bound at {bound} ms; it has "
        f"{', '.join(map(str, view.evidence.bounds_ms)) or 'none'}"
        for bound in sorted(wanted - set(view.evidence.bounds_ms))
    ]


def _untimed(view: View) -> list[str]:
    """Answers without a duration: the histogram is not of the same requests as the counters."""
    found = view.since(0)
    timed = found.candidate.timed
    answered = found.answered_until(found.end - LAG)
    if answered < FEW or timed >= answered * (1 - UNTIMED):
        return []
    return [f"{answered - timed} of {answered} answered requests have no duration"]
