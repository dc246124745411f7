"""What a rollout's records say, for people."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from components.gateway.arms import header as arm_header

from . import records
from .core import Phase
from .lease import LOG, claim

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from .core import Estimate, Judgement
    from .preflight import Report
    from .request import Request
    from .session import Session
    from .store import Store


def status_lines(session: Session, store: Store, now: datetime) -> Iterator[str]:
    """Where ``session`` stands, who is at work on it, and the last verdict."""
    state = session.state
    yield f"rollout {session.id} of {session.stack}: {state.phase.replace('_', ' ')}"
    if state.current is not None:
        stage = f"{state.stage + 1} of {len(state.plan.stages)}"
        yield f"  stage {stage}: {state.current.kind}, {state.weight} %"
    if state.reason:
        yield f"  {state.reason}"
    if state.forced:
        yield f"  stages left without a pass: {', '.join(str(n + 1) for n in state.forced)}"
    yield f"  {_worker(session, store, now)}"
    last = records.last(session.journal.entries, records.VERDICT)
    if last is not None:
        yield f"  last verdict at {last.at}: {last.data['judgement']['verdict']}"
        yield f"  evidence: {last.data['sha256']}"
        yield from (f"    {line}" for line in _gates(last.data["judgement"]))


def judgement_lines(judgement: Judgement) -> Iterator[str]:
    """A verdict with all its gates."""
    yield f"{judgement.service} at {judgement.weight} %: {judgement.verdict}"
    if judgement.cause is not None:
        yield f"cause: {judgement.cause}"
    for gate in judgement.gates:
        yield f"  {gate.gate:18} {gate.verdict:12} {gate.reason}"
    yield from (f"  note: {note}" for note in judgement.notes)
    yield f"sha256 {judgement.sha256}"


def plan_lines(request: Request, report: Report) -> Iterator[str]:
    """What would happen, how long it takes, and whom it concerns."""
    name = request.subject.name
    yield f"{name}: now at {request.now} %"
    for number, stage in enumerate(request.plan.stages, start=1):
        hold = f", for {stage.hold:.0f} s at least" if stage.hold else ""
        yield f"  {number}. {stage.kind}: {stage.words}{hold}"
    yield f"  back to {request.plan.rollback_to} % when a gate fails"
    for service, found in report.estimates.items():
        rate = report.rates[service] if report.rates else 0.0
        yield f"{service}: {rate:g} requests a second now"
        yield from (f"  {line}" for line in _estimated(found))
    if request.subject.versioned:
        yield (
            f"while it lasts, {name} runs twice: GPUs, memory and volumes count double, and the "
            "settings have the room"
        )
    else:
        yield (
            f"users with it are compared with the others where most requests say it by the header "
            f"{arm_header(name)}: on or off; else absolute gates alone apply, to all requests "
            "together"
        )


def _estimated(found: Estimate) -> Iterator[str]:
    for each in found.stages:
        yield (
            f"{each.stage.kind}: {each.least_requests} requests at least, "
            f"{each.expected_requests} expected{_taking(each.expected_seconds)}"
        )
    if isfinite(found.expected_seconds):
        yield f"in all about {_duration(found.expected_seconds)}"
    for events, effect in found.effects.items():
        whence = "measured on the last day" if effect.measured else "the setting, not measured"
        yield f"design effect of {events}: {effect.value:g}, {whence}"
    yield from found.problems


def _taking(seconds: float) -> str:
    return f", {_duration(seconds)}" if isfinite(seconds) else ""


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"  # noqa: PLR2004


def _worker(session: Session, store: Store, now: datetime) -> str:
    held = store.read(f"{session.stack}/{LOG}")
    last = claim(held[-1]) if held else None
    if last is None or last.is_over(now):
        idle = session.state.phase in (Phase.RUNNING, Phase.PAUSED)
        return "nobody is at work on it" + ("; rf rollout resume goes on" if idle else "")
    return f"process {last.owner.pid} on {last.owner.host} is at work on it, until {last.until}"


def _gates(judgement: Mapping[str, Any]) -> Iterator[str]:
    for gate in judgement["gates"]:
        yield f"{gate['gate']:18} {gate['verdict']:12} {gate['reason']}"
