"""What a rollout says of itself: always where it stands, and nothing that is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rf.rollout.core import Phase
from rf.rollout.effects import EffectError
from rf.rollout.effects.pushgateway import PAUSE_SECONDS, Pushgateway
from rf.rollout.lanes import RollbackError
from rf.rollout.metrics import HELP, Standing, exposition, group
from rf.rollout.subject import FeatureSubject
from rf.rollout.world import DeployError
from settings import parse
from tests.rollout.cases import BAD, resumed, rolled_out, simulated, tree
from tests.rollout.simulated import FILE, Simulated, Version

if TYPE_CHECKING:
    from components.spec import ServiceSpec

Found = dict[tuple[str, ...], float]


@dataclass
class Kept:
    """What a Pushgateway would hold: the last push of each group, and how many there were."""

    groups: dict[str, str] = field(default_factory=dict)
    every: list[str] = field(default_factory=list)

    def push(self, group: str, text: str) -> None:
        self.groups[group] = text
        self.every.append(text)


def samples(text: str, metric: str) -> Found:
    """Values of ``metric`` by the values of its labels, in the order of the labels' names."""
    return {
        tuple(sample.labels[name] for name in sorted(sample.labels)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == metric
    }


def watched(world: Simulated) -> Kept:
    kept = Kept()
    world.metrics = kept
    return kept


def at_the_end(kept: Kept) -> str:
    (text,) = kept.groups.values()
    return text


def in_force(text: str) -> list[str]:
    return [state for (_, state), value in samples(text, "rollout_state").items() if value]


@pytest.mark.parametrize("new", [Version(), BAD], ids=["good", "bad"])
def test_at_its_end_a_rollout_is_idle_and_no_verdict_is_in_force(new: Version) -> None:
    world = simulated(new)
    kept = watched(world)

    state = rolled_out(world)
    text = at_the_end(kept)

    assert list(kept.groups) == ["job/rollout/service/triton"]
    assert in_force(text) == ["idle"]
    assert samples(text, "rollout_gate") == {}
    assert samples(text, "rollout_weight_percent") == {
        ("triton", "stable"): 100,
        ("triton", "canary"): 0,
    }
    (since,) = samples(text, "rollout_state_since_timestamp_seconds").items()
    assert since == (("triton", "idle"), world.now().timestamp())
    assert list(samples(text, "rollout_duration_seconds")) == [("triton", str(state.phase))]


def test_a_rollback_says_how_long_it_took_to_see_and_to_undo() -> None:
    world = simulated(BAD)
    kept = watched(world)

    rolled_out(world)
    text = at_the_end(kept)

    assert 0 < samples(text, "rollout_detection_seconds")["triton", "rolled_back"] < 120
    assert samples(text, "rollout_rollback_seconds")["triton", "rolled_back"] >= 0


def test_while_it_runs_each_gate_has_one_verdict_and_the_weights_are_those_asked_for() -> None:
    world = simulated(Version())
    kept = watched(world)

    rolled_out(world)

    seen = set()
    for text in kept.every:
        weights = samples(text, "rollout_weight_percent")
        assert sum(weights.values()) == 100
        seen.add(weights["triton", "canary"])
        verdicts = samples(text, "rollout_gate")
        for gate in {gate for gate, _, _ in verdicts}:
            assert sum(v for (each, _, _), v in verdicts.items() if each == gate) == 1
        assert len(in_force(text)) == 1
    assert seen == {0, 10, 50, 100}
    assert {metric for text in kept.every for metric in HELP if samples(text, metric)} >= {
        "rollout_gate_value",
        "rollout_gate_limit",
        "rollout_requests",
        "rollout_observed_share_ratio",
    }


def test_a_paused_one_says_since_when_and_why_and_running_is_over() -> None:
    world = simulated(Version(), rate=0.0)
    kept = watched(world)

    assert rolled_out(world).phase is Phase.PAUSED
    paused = world.now().timestamp()
    text = at_the_end(kept)

    assert in_force(text) == ["paused"]
    assert samples(text, "rollout_state_since_timestamp_seconds") == {("triton", "paused"): paused}
    assert samples(text, "rollout_gate")["metrics", "triton", "inconclusive"] == 1
    resumed(world, "abort")
    assert in_force(at_the_end(kept)) == ["idle"]


def test_a_rollback_that_fails_waits_for_somebody() -> None:
    world = simulated(BAD)
    kept = watched(world)
    world.fail = lambda what: DeployError("gone") if what.startswith("up rollback") else None

    with pytest.raises(RollbackError):
        rolled_out(world)

    assert in_force(at_the_end(kept)) == ["paused"]


def test_a_feature_has_a_group_of_its_own_and_a_state_for_each_service() -> None:
    subject = FeatureSubject(feature="ai_inference", services=("ollama", "triton"))
    standing = Standing(subject=subject, weight=30, state="running", since=7)

    text = exposition(standing)

    assert group(subject) == "job/rollout/feature/ai_inference"
    assert samples(text, "rollout_feature_percent") == {("ai_inference",): 30}
    assert samples(text, "rollout_state_since_timestamp_seconds") == {
        ("ai_inference", "ollama", "running"): 7,
        ("ai_inference", "triton", "running"): 7,
    }
    assert samples(text, "rollout_weight_percent") == {}


def test_nobody_listening_changes_no_rollout_and_is_said_once() -> None:
    tries: list[float] = []
    said: list[str] = []

    class Silent:
        def exchange(self, spec: ServiceSpec, path: str, content: str | None = None) -> str:
            del path, content
            tries.append(world.now().timestamp())
            raise EffectError(f"{spec.instance} gives no answer")

    world = simulated(Version())
    spec = next(spec for spec in parse(tree(), FILE).specs if spec.name == "pushgateway")
    world.metrics = Pushgateway(
        Silent(), spec, say=said.append, now=lambda: world.now().timestamp()
    )

    assert rolled_out(world).phase is Phase.PROMOTED
    assert said == [
        "the rollout goes on without keeping its own metrics: pushgateway gives no answer"
    ]
    assert min(b - a for a, b in pairwise(tries)) >= PAUSE_SECONDS
