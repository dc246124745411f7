"""Whether the candidate is up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..verdict import Cause, GateResult, Verdict

if TYPE_CHECKING:
    from ..evidence import Health
    from ..view import View

GATE = "uptime"


def uptime_gate(view: View) -> GateResult:
    """Passes when every instance is up; fails when none has been for ``down`` seconds."""
    health = view.evidence.candidate
    if health is None:
        reason = "nothing says whether the candidate is up: its target is missing"
        return GateResult(gate=GATE, verdict=Verdict.ERROR, reason=reason, cause=Cause.BLIND)
    verdict, reason, cause = _judge(view, health)
    return GateResult(
        gate=GATE,
        verdict=verdict,
        reason=reason,
        counts={"up": health.up, "expected": health.expected},
        thresholds={"down": view.args.down},
        cause=cause,
    )


def _judge(view: View, health: Health) -> tuple[Verdict, str, Cause | None]:
    seen = f"{health.up} of {health.expected} instances of the candidate are up"
    if health.up >= health.expected > 0:
        return Verdict.PASS, seen, None
    if health.up or health.down < view.args.down:
        wait = f" (none for {health.down:.0f} s, limit {view.args.down} s)" if not health.up else ""
        return Verdict.INCONCLUSIVE, f"{seen}{wait}", None
    reason = f"{seen}, for {health.down:.0f} s, limit {view.args.down} s"
    control = view.evidence.control
    if control is not None and control.expected and not control.up:
        return Verdict.FAIL, f"{reason}; the control is down as well", Cause.SHARED_DEPENDENCY
    return Verdict.FAIL, reason, Cause.CANARY_FAULT
