"""From evidence to a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .gates import (
    absolute_gates,
    device_gate,
    errors_vs_control,
    latency_vs_control,
    metrics_gate,
    share_gate,
    uptime_gate,
)
from .verdict import Cause, GateResult, Judgement, Verdict, worst
from .view import Memory, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .bundle import Bundle
    from .evidence import Evidence
    from .settings import GateArgs

MIXED = (
    "the gateway cannot tell the two arms apart (too few requests carry the feature's header), so "
    "only the absolute gates apply, to all requests together"
)


def judge(args: GateArgs, evidence: Evidence, memory: Memory | None = None) -> Judgement:
    """The verdict on one service at its current step: the worst of all gates.

    ``memory`` of the polls before spares reading them again, and changes no verdict.
    """
    weight = evidence.steps[-1].weight if evidence.steps else 0
    gates, notes = _gates(args, evidence, memory or Memory())
    verdict = worst(gate.verdict for gate in gates)
    return Judgement(
        service=evidence.service,
        weight=weight,
        verdict=verdict,
        cause=_cause(verdict, gates),
        gates=gates,
        notes=notes,
    )


def _gates(
    args: GateArgs, evidence: Evidence, memory: Memory
) -> tuple[tuple[GateResult, ...], tuple[str, ...]]:
    if not evidence.steps or not evidence.steps[-1].polls:
        return (_unreadable("there is no reading of this step"),), ()
    try:
        prepared = memory.view(args, evidence)
    except ValueError as error:
        return (_unreadable(str(error)),), ()
    gates = (
        metrics_gate(prepared),
        uptime_gate(prepared),
        *device_gate(prepared),
        *absolute_gates(prepared),
    )
    if not evidence.arms_told_apart:
        return gates, (MIXED,)
    return (*gates, *_comparisons(prepared)), _notes(prepared)


def _comparisons(prepared: View) -> tuple[GateResult, ...]:
    return (
        *((share_gate(prepared),) if prepared.evidence.divided_by_gateway else ()),
        errors_vs_control(prepared),
        *latency_vs_control(prepared),
    )


def _notes(prepared: View) -> tuple[str, ...]:
    notes = []
    if not prepared.evidence.history:
        notes.append(
            "the control has no history, so a design effect of "
            f"{prepared.args.design_effect:g} is assumed"
        )
    if not prepared.fresh.control.requests:
        notes.append("the control has no traffic in this step: comparisons rest on earlier steps")
    return tuple(notes)


def _unreadable(reason: str) -> GateResult:
    return GateResult(gate="metrics", verdict=Verdict.ERROR, reason=reason, cause=Cause.BLIND)


def _cause(verdict: Verdict, gates: Sequence[GateResult]) -> Cause | None:
    """Of the gates that have the verdict; a fault of the candidate outweighs a shared one."""
    causes = [gate.cause for gate in gates if gate.verdict is verdict and gate.cause is not None]
    return min(causes, key=tuple(Cause).index, default=None)


def worst_of(judgements: Sequence[Judgement]) -> Judgement:
    """The one that decides for a feature that several services serve; the first of equals."""
    order = tuple(Verdict)
    return max(judgements, key=lambda judgement: order.index(judgement.verdict))


def replay(bundle: Bundle) -> Judgement:
    """The verdict that ``bundle`` gives: the same wherever and whenever it is asked."""
    return judge(bundle.args, bundle.evidence)
