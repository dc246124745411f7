"""What a rollout says of itself, in Prometheus' text format. Pure: where it stands in, text out.

Read by the Rollout board and by the alerts RolloutPaused and RolloutStuck.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .core import Phase, Verdict
from .core.plan import EVERYBODY
from .subject import FeatureSubject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .core import GateResult, Judgement
    from .subject import Subject

JOB = "rollout"
IDLE, RUNNING, PAUSED = STATES = ("idle", "running", "paused")
HELP = {
    "rollout_weight_percent": "Per cent of users that a version is to have.",
    "rollout_feature_percent": "Per cent of users that are to have a feature.",
    "rollout_state": "1 for the state that a rollout is in; idle when it has ended.",
    "rollout_state_since_timestamp_seconds": "When it came into its state or, running, its step.",
    "rollout_gate": "1 for the verdict of a gate that is in force.",
    "rollout_gate_value": "Share of the requests of this step that a gate counts against it.",
    "rollout_gate_limit": "The share that a gate does not let pass.",
    "rollout_requests": "Requests of the candidate that the current step is judged by.",
    "rollout_observed_share_ratio": "Share of the requests that the candidate had in this step.",
    "rollout_duration_seconds": "How long the rollout took that has ended.",
    "rollout_detection_seconds": "From the beginning of the step to the verdict against it.",
    "rollout_rollback_seconds": "From that verdict until users, file and deployment were back.",
}
"""All metrics; every one is a gauge."""

Labels = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a rollout stands. ``weight`` in per cent, ``since`` in Unix seconds."""

    subject: Subject
    weight: int
    state: str
    since: float
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    """The last verdict on each service, while one is in force."""
    took: Mapping[str, float] = field(default_factory=dict)
    """Seconds by metric: what is known once it has ended."""
    status: str = ""
    """How it ended."""


def group(subject: Subject) -> str:
    """The group of the Pushgateway that ``subject`` has for itself: its path of labels."""
    kind = "feature" if isinstance(subject, FeatureSubject) else "service"
    return f"job/{JOB}/{kind}/{subject.name}"


def state_of(phase: Phase) -> str:
    """What boards and alerts call a phase."""
    return {Phase.RUNNING: RUNNING, Phase.PAUSED: PAUSED}.get(phase, IDLE)


def exposition(standing: Standing) -> str:
    """The whole group: what is not in it is over."""
    found: dict[str, list[str]] = {}
    for name, labels, value in _samples(standing):
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        found.setdefault(name, []).append(f"{name}{{{inside}}} {value:.17g}")
    lines = []
    for name, samples in found.items():
        lines += [f"# HELP {name} {HELP[name]}", f"# TYPE {name} gauge", *samples]
    return "\n".join([*lines, ""])


def _samples(standing: Standing) -> Iterator[tuple[str, Labels, float]]:
    subject = standing.subject
    if isinstance(subject, FeatureSubject):
        of_all = {"feature": subject.name}
        yield "rollout_feature_percent", of_all, standing.weight
    else:
        of_all = {}
        for service in subject.versioned:
            shares = {"stable": EVERYBODY - standing.weight, "canary": standing.weight}
            for track, share in shares.items():
                yield "rollout_weight_percent", {"service": service, "track": track}, share
    for service in subject.services:
        labels = {"service": service, **of_all}
        for state in STATES:
            yield "rollout_state", {**labels, "state": state}, state == standing.state
        moment = {**labels, "state": standing.state}
        yield "rollout_state_since_timestamp_seconds", moment, standing.since
        ended = {"status": standing.status} if standing.status else {}
        for name, seconds in standing.took.items():
            yield name, {**labels, **ended}, seconds
        if service in standing.judgements:
            yield from _judged(standing.judgements[service], labels)


def _judged(judgement: Judgement, labels: Labels) -> Iterator[tuple[str, Labels, float]]:
    for gate in judgement.gates:
        mine = {**labels, "gate": gate.gate}
        for verdict in Verdict:
            yield "rollout_gate", {**mine, "verdict": verdict}, verdict is gate.verdict
        if "limit" in gate.thresholds:
            yield "rollout_gate_limit", mine, gate.thresholds["limit"]
            if gate.counts.get("requests"):
                yield "rollout_gate_value", mine, gate.counts["events"] / gate.counts["requests"]
        if gate.gate == "metrics" and "requests" in gate.counts:
            yield "rollout_requests", labels, gate.counts["requests"]
        if gate.counts.get("of_all"):
            yield "rollout_observed_share_ratio", labels, _share(gate)


def _share(gate: GateResult) -> float:
    return gate.counts["requests"] / gate.counts["of_all"]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
