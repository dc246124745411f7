"""A feature's verdict, from what the gateway books of its two arms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from components.gateway.arms import arm_counts, header, virtual_clusters
from components.gateway.metrics import DURATION_BUCKETS_MS, counts
from rf.rollout.core import Cause, GateArgs, State, Verdict, begin, feature_plan
from rf.rollout.core.machine import Enter, after
from rf.rollout.core.settings import PaceArgs
from rf.rollout.observer import Look, Observer
from rf.rollout.statistics import Statistics
from rf.rollout.subject import FeatureSubject
from tests.rollout.statistics import Tally, statistics

if TYPE_CHECKING:
    from components.gateway.metrics import Counts
    from rf.rollout.world import World

FEATURE = "ai_inference"
SUBJECT = FeatureSubject(feature=FEATURE, services=("triton",))


@dataclass(frozen=True)
class Arm:
    """Requests that say they belong to an arm."""

    requests: int
    errors: int = 0


def scrape(requests: int, errors: int, *, on: Arm | None = None, off: Arm | None = None) -> str:
    """Statistics of a gateway: all requests of the service, and those of the arms."""
    took = {100: requests - errors}
    text = statistics(
        "triton",
        {"stable": Tally(requests=requests, errors=errors, took=took), "canary": Tally()},
        {"stable": 1, "canary": 0},
        {"stable": 1, "canary": 0},
        {},
    )
    lines = [text]
    for name, arm in (("on", on), ("off", off)):
        if arm is not None:
            place = f'envoy_virtual_host="triton",envoy_virtual_cluster="{FEATURE}-{name}"'
            of = "envoy_vhost_vcluster_upstream_rq"
            well = arm.requests - arm.errors
            lines += [
                f'{of}{{envoy_response_code="200",{place}}} {well}',
                f'{of}{{envoy_response_code="503",{place}}} {arm.errors}',
                *(
                    f'{of}_time_bucket{{{place},le="{bound}"}} {arm.requests * (bound > 100)}'
                    for bound in DURATION_BUCKETS_MS
                ),
                f"{of}_time_count{{{place}}} {arm.requests}",
            ]
    return "\n".join(lines)


def verdict_on(text: str) -> tuple[Verdict, Cause | None, str]:
    """What is said of ``text`` a while after a first step of 10 %, and the notes on it."""
    plan = feature_plan(FEATURE, PaceArgs(), current=0, target=100)
    state: State = after(begin(plan, 0.0), Enter(stage=0), 0.0)
    observer = Observer(cast("object", None), SUBJECT, {"triton": GateArgs()}, {})  # type: ignore[arg-type]
    nothing = Statistics(scrape(0, 0, on=Arm(0), off=Arm(0)))
    observer.begin_step(state, Look(at=0.0, found={"gateway": nothing}))
    observer.judge(state, Look(at=30.0, found={"gateway": nothing}))
    judgement = observer.judge(state, Look(at=60.0, found={"gateway": Statistics(text)}))
    return judgement.verdict, judgement.cause, " ".join(judgement.notes)


def test_the_header_is_named_after_the_feature() -> None:
    assert header("ai_inference") == "x-researchflow-feature-ai-inference"


def test_every_combination_of_arms_has_a_virtual_cluster_and_the_fullest_is_asked_first() -> None:
    features = {"ai_inference": ["ollama"], "semantic_cache": ["ollama"], "vector_search": []}

    found = virtual_clusters("ollama", features)

    assert len(found) == 3 * 3 - 1
    assert [len(one["headers"]) for one in found] == [2] * 4 + [1] * 4
    assert virtual_clusters("faiss", features) == []


def test_a_combination_counts_for_each_of_its_features() -> None:
    text = (
        'envoy_vhost_vcluster_upstream_rq{envoy_response_code="200",envoy_virtual_host="ollama",'
        'envoy_virtual_cluster="ai_inference-on+semantic_cache-off"} 7'
    )

    found = arm_counts(text)

    assert {key: counts.requests for key, counts in found.items()} == {
        ("ollama", "ai_inference", "on"): 7,
        ("ollama", "semantic_cache", "off"): 7,
    }


def test_a_feature_whose_users_fail_is_refused_though_the_service_is_below_its_limit() -> None:
    text = scrape(600, 15, on=Arm(60, errors=15), off=Arm(540))

    verdict, cause, _ = verdict_on(text)

    assert (verdict, cause) == (Verdict.FAIL, Cause.CANARY_FAULT)


def test_without_the_header_the_same_requests_are_within_the_absolute_limits() -> None:
    verdict, _, notes = verdict_on(scrape(600, 15))

    assert verdict is not Verdict.FAIL
    assert "cannot tell the two arms apart" in notes


def test_what_fails_for_everybody_is_not_the_features_fault() -> None:
    text = scrape(6000, 1500, on=Arm(600, errors=150), off=Arm(5400, errors=1350))

    verdict, cause, _ = verdict_on(text)

    assert (verdict, cause) == (Verdict.FAIL, Cause.SHARED_DEPENDENCY)


def test_two_good_arms_pass_whatever_their_share_of_the_requests() -> None:
    text = scrape(6000, 12, on=Arm(4000, errors=8), off=Arm(2000, errors=4))

    verdict, _, notes = verdict_on(text)

    assert verdict is Verdict.PASS
    assert "cannot tell" not in notes


@pytest.mark.parametrize("named", [0, 100, 2500])
def test_arms_do_not_count_while_most_requests_name_none(named: int) -> None:
    text = scrape(6000, 12, on=Arm(named // 10, errors=named // 10), off=Arm(named))

    _, _, notes = verdict_on(text)

    assert "cannot tell the two arms apart" in notes


def test_what_fails_without_an_arm_still_counts() -> None:
    text = scrape(6000, 3000, on=Arm(600), off=Arm(5400))

    verdict, _, _ = verdict_on(text)

    assert verdict is Verdict.FAIL


class Counted:
    """A world of which only models are asked; ``asked``: of which versions, in order."""

    def __init__(self) -> None:
        self.models, self.asked = self, list[tuple[str, str]]()

    def loaded(self, service: str, track: str) -> tuple[()]:
        self.asked.append((service, track))
        return ()


def test_a_service_that_is_counted_in_two_ways_is_asked_once_how_it_is() -> None:
    world = Counted()
    plan = feature_plan(FEATURE, PaceArgs(), current=0, target=100)
    state: State = after(begin(plan, 0.0), Enter(stage=0), 0.0)
    gates = {"triton": GateArgs(expects_gpu=True)}
    observer = Observer(cast("World", world), SUBJECT, gates, {})
    nothing = Statistics(scrape(0, 0, on=Arm(0), off=Arm(0)))
    observer.begin_step(state, Look(at=0.0, found={"gateway": nothing}))

    observer.judge(state, Look(at=1.0, found={"gateway": nothing}))

    assert world.asked == [("triton", "stable")]


def test_a_look_at_a_gateway_is_read_once_however_many_services_are_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []

    def counted(text: str) -> dict[tuple[str, str], Counts]:
        read.append("services")
        return counts(text)

    def booked(text: str) -> dict[tuple[str, str, str], Counts]:
        read.append("arms")
        return arm_counts(text)

    monkeypatch.setattr("rf.rollout.statistics.counts", counted)
    monkeypatch.setattr("rf.rollout.statistics.arm_counts", booked)
    subject = FeatureSubject(feature=FEATURE, services=("triton", "ollama", "faiss"))
    state: State = after(
        begin(feature_plan(FEATURE, PaceArgs(), current=0, target=100), 0.0), Enter(stage=0), 0.0
    )
    gates = dict.fromkeys(subject.services, GateArgs())
    observer = Observer(cast("World", None), subject, gates, {})
    look = Look(at=0.0, found={"gateway": Statistics(scrape(0, 0))})

    observer.begin_step(state, look)
    observer.judge(state, look)

    assert sorted(read) == ["arms", "services"]
