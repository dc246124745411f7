"""The whole verdict: the worst gate, the record, the replay, and what may never happen."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rf.rollout.core import (
    Bundle,
    Counts,
    Evidence,
    GateArgs,
    Judgement,
    Verdict,
    judge,
    read_bundle,
    replay,
    worst,
    worst_of,
)
from tests.unit.rollout_evidence import BOUNDS, at_ten, counts, evidence, replace, step

GOOD = at_ten(counts(1000, errors=5))
BAD = at_ten(counts(30, errors=10))
RANK = list(Verdict)


def test_the_worst_gate_decides() -> None:
    assert worst([Verdict.PASS, Verdict.INCONCLUSIVE]) is Verdict.INCONCLUSIVE
    assert worst([Verdict.ERROR, Verdict.FAIL, Verdict.PASS]) is Verdict.FAIL
    assert worst([]) is Verdict.ERROR


def test_the_worst_service_decides_for_a_feature() -> None:
    good, bad = judge(GateArgs(), GOOD), judge(GateArgs(), BAD)

    assert worst_of([good, bad]) is bad
    assert worst_of([good]) is good


def test_the_record_holds_counts_thresholds_and_reasons() -> None:
    record = json.loads(judge(GateArgs(), BAD).json)

    errors = next(gate for gate in record["gates"] if gate["gate"] == "error_rate")
    assert record["verdict"] == "fail"
    assert errors["counts"]["events"] == 10
    assert errors["counts"]["fails_from"] <= 10
    assert errors["thresholds"]["limit"] == 0.05
    assert "errors 10 of 30 = 33.3 %, limit 5 %" in errors["reason"]


@pytest.mark.parametrize("found", [GOOD, BAD, evidence()], ids=["good", "bad", "empty"])
def test_a_bundle_replays_to_the_identical_record(found: Evidence) -> None:
    args = GateArgs(error_rate=0.04, latency="both")
    bundle = Bundle(args=args, evidence=found, tool="1.2.3")
    recorded = judge(args, found)

    again = replay(read_bundle(bundle.json))

    assert again == recorded
    assert again.sha256 == recorded.sha256


def test_any_changed_count_or_setting_is_another_bundle() -> None:
    first = Bundle(args=GateArgs(), evidence=GOOD)

    other_count = Bundle(args=GateArgs(), evidence=at_ten(counts(1001, errors=5)))
    other_setting = Bundle(args=GateArgs(alpha=0.02), evidence=GOOD)

    assert len({first.sha256, other_count.sha256, other_setting.sha256}) == 3
    assert read_bundle(first.json).sha256 == first.sha256


def test_a_bundle_of_another_format_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="format is 7; this version reads format 1"):
        read_bundle('{"format": 7}')
    with pytest.raises(ValueError, match="format is None"):
        read_bundle("[]")


def test_a_bundle_with_an_unknown_setting_is_refused() -> None:
    document = json.loads(Bundle(args=GateArgs(), evidence=GOOD).json)
    document["args"]["limitt"] = 1

    with pytest.raises(ValueError, match="limitt"):
        read_bundle(json.dumps(document))


def test_without_the_header_only_absolute_gates_apply_and_the_report_says_so() -> None:
    mixed = replace(evidence(step(10, counts(1000, errors=5))), arms_told_apart=False)

    found = judge(GateArgs(latency="both"), mixed)

    assert {gate.gate for gate in found.gates} == {"metrics", "uptime", "error_rate", "p95", "p99"}
    assert "only the absolute gates apply" in found.notes[0]
    assert found.verdict is Verdict.PASS


def test_relative_latency_judges_long_answers_by_the_controls_own() -> None:
    """A tenth of the answers takes over 10 s on both sides: long, and no fault of the candidate."""
    history = (counts(600, over_5s=90, over_10s=54), counts(600, over_5s=90, over_10s=66)) * 180
    alike = replace(
        at_ten(
            counts(2000, over_5s=300, over_10s=200), counts(18_000, over_5s=2700, over_10s=1800)
        ),
        history=history,
    )
    slower = replace(
        at_ten(counts(200, over_5s=150, over_10s=140), counts(1800, over_5s=270, over_10s=180)),
        history=history,
    )

    assert judge(GateArgs(), alike).verdict is Verdict.FAIL
    assert _gates(judge(GateArgs(latency="relative"), slower))["p95_vs_control"] is Verdict.FAIL
    assert judge(GateArgs(latency="relative"), alike).verdict is not Verdict.FAIL


def test_at_a_hundred_per_cent_the_controls_usual_latency_stands_for_it() -> None:
    history = (counts(600, over_5s=24), counts(600, over_5s=36)) * 180
    alone = replace(evidence(step(100, counts(1000, over_5s=50))), history=history)
    slower = replace(evidence(step(100, counts(100, over_5s=60))), history=history)
    args = GateArgs(latency="relative")

    assert _gates(judge(args, alone))["p95_vs_control"] is Verdict.PASS
    assert _gates(judge(args, slower))["p95_vs_control"] is Verdict.FAIL


def _gates(found: Judgement) -> dict[str, Verdict]:
    return {gate.gate: gate.verdict for gate in found.gates}


def _more(counted: Counts, errors: int, slow: int) -> Counts:
    """The same number of requests, of which more fail and more are slow."""
    durations = tuple(
        max(0, count - slow) if index < len(BOUNDS) else count
        for index, count in enumerate(counted.durations)
    )
    return replace(
        counted, errors=min(counted.requests, counted.errors + errors), durations=durations
    )


@settings(deadline=None)
@given(
    requests=st.integers(1, 2000),
    errors=st.integers(0, 100),
    control_errors=st.integers(0, 500),
    more_errors=st.integers(0, 100),
    more_slow=st.integers(0, 100),
    latency=st.sampled_from(["absolute", "relative", "both"]),
)
def test_more_failures_or_slow_requests_never_improve_a_verdict(  # noqa: PLR0913, PLR0917 one case
    requests: int,
    errors: int,
    control_errors: int,
    more_errors: int,
    more_slow: int,
    latency: str,
) -> None:
    args = GateArgs(latency=latency)  # type: ignore[arg-type]
    control = counts(9 * requests, errors=min(control_errors, 9 * requests))
    before = counts(requests, errors=min(errors, requests))

    better = judge(args, at_ten(before, control))
    worse = judge(args, at_ten(_more(before, more_errors, more_slow), control))

    assert RANK.index(worse.verdict) >= RANK.index(better.verdict)
    for gate, verdict in _gates(better).items():
        assert RANK.index(_gates(worse)[gate]) >= RANK.index(verdict)
