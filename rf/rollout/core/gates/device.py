"""Whether Ollama's models are where they should be.

Ollama answers from the CPU without a word when a model does not fit the GPU or the driver is gone,
some ten times slower. ``/api/ps`` tells: ``size_vram`` is then less than ``size``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..verdict import Cause, GateResult, Verdict
from .words import of

if TYPE_CHECKING:
    from ..evidence import Health, Model
    from ..view import View

GATE = "device"


def device_gate(view: View) -> tuple[GateResult, ...]:
    """Fails a candidate with a model outside the GPU; nothing where none is expected."""
    if not view.args.expects_gpu:
        return ()
    models = _models(view.evidence.candidate)
    outside = [model for model in models if model.size_vram < model.size]
    if not models:
        reason = "no model is loaded yet, so nobody can say whether it is on the GPU"
        return (GateResult(gate=GATE, verdict=Verdict.INCONCLUSIVE, reason=reason),)
    if not outside:
        reason = f"{len(models)} loaded models are in GPU memory"
        return (GateResult(gate=GATE, verdict=Verdict.PASS, reason=reason),)
    reason = "; ".join(
        f"{model.name} has {of(model.size_vram, model.size)} of its bytes in GPU memory"
        for model in outside
    )
    shared = any(model.size_vram < model.size for model in _models(view.evidence.control))
    if shared:
        reason += "; the control's models are not all there either"
    cause = Cause.SHARED_DEPENDENCY if shared else Cause.CANARY_FAULT
    return (GateResult(gate=GATE, verdict=Verdict.FAIL, reason=reason, cause=cause),)


def _models(health: Health | None) -> tuple[Model, ...]:
    return (health.models or ()) if health is not None else ()
