"""The state machine: what follows from which verdict, when."""

import pytest

from rf.rollout.core import (
    Action,
    Cause,
    Enter,
    Finish,
    Freeze,
    GateResult,
    Hold,
    Judgement,
    Kind,
    PaceArgs,
    Pause,
    Phase,
    Resume,
    Rollback,
    State,
    Verdict,
    after,
    begin,
    decide,
    feature_plan,
    version_plan,
)

PACE = PaceArgs(min_hold=60, bake=600, max_hold=3600, retries=2)
PLAN = version_plan("ollama", PACE)
T0 = 1000.0


def said(verdict: Verdict, cause: Cause | None = None) -> Judgement:
    gate = GateResult(gate="error_rate", verdict=verdict, reason=f"it is {verdict}", cause=cause)
    return Judgement(service="ollama", weight=10, verdict=verdict, cause=cause, gates=(gate,))


PASSED = said(Verdict.PASS)
FAILED = said(Verdict.FAIL, Cause.CANARY_FAULT)
UNDECIDED = said(Verdict.INCONCLUSIVE)
BLIND = said(Verdict.ERROR, Cause.BLIND)


def at_stage(kind: Kind, weight: int, plan_state: State | None = None) -> State:
    """The rollout just entered the stage of this kind and weight."""
    state = plan_state or begin(PLAN, T0)
    index = [(s.kind, s.weight) for s in state.plan.stages].index((kind, weight))
    return after(state, Enter(stage=index), T0)


AT_TEN = at_stage(Kind.SHIFT, 10)


def walk(state: State, *, now: float = T0, limit: int = 100) -> list[Action]:
    """Every action but holds until it finishes, if each verdict is a pass and stable warms."""
    actions: list[Action] = []
    while state.phase is Phase.RUNNING and len(actions) < limit:
        action = decide(state, PASSED, now, warm=True)
        state = after(state, action, now)
        now += action.wait if isinstance(action, Hold) else 0
        if not isinstance(action, Hold):
            actions.append(action)
    return actions


def test_a_good_version_goes_all_the_way_and_stable_takes_it_over() -> None:
    actions = walk(begin(PLAN, T0))

    stages = [PLAN.stages[a.stage] for a in actions if isinstance(a, Enter)]
    assert [(stage.kind.value, stage.weight) for stage in stages] == [
        ("shift", 10),
        ("shift", 50),
        ("shift", 100),
        ("bake", 100),
        ("replace", 100),
        ("return", 0),
        ("remove", 0),
    ]
    assert actions[-1] == Finish()


def test_a_step_is_held_for_its_time_even_if_it_passes_at_once() -> None:
    assert isinstance(decide(AT_TEN, PASSED, T0 + 59), Hold)
    assert decide(AT_TEN, PASSED, T0 + 60) == Enter(stage=1)


def test_the_bake_lasts_its_own_time() -> None:
    baking = at_stage(Kind.BAKE, 100)

    assert isinstance(decide(baking, PASSED, T0 + 599), Hold)
    assert isinstance(decide(baking, PASSED, T0 + 600), Enter)


@pytest.mark.parametrize("weight", [10, 50, 100])
def test_a_failure_at_any_step_gives_the_weight_of_before_the_rollout(weight: int) -> None:
    action = decide(at_stage(Kind.SHIFT, weight), FAILED, T0 + 1)

    assert action == Rollback(weight=0, reason="it is fail", restore_stable=False)


def test_a_feature_goes_back_to_its_old_percentage_and_not_to_the_last_step() -> None:
    plan = feature_plan("ai_inference", PACE, current=25, target=100)
    state = at_stage(Kind.SHIFT, 100, begin(plan, T0))

    action = decide(state, FAILED, T0 + 1)

    assert isinstance(action, Rollback)
    assert action.weight == 25


def test_a_failure_after_everybody_has_it_is_rolled_back_too() -> None:
    assert isinstance(decide(at_stage(Kind.BAKE, 100), FAILED, T0 + 300), Rollback)


@pytest.mark.parametrize("kind", [Kind.REPLACE, Kind.RETURN])
def test_once_stable_was_replaced_it_is_restored_before_it_gets_users(kind: Kind) -> None:
    weight = 100 if kind is Kind.REPLACE else 0

    action = decide(at_stage(kind, weight), FAILED, T0 + 1, warm=True)

    assert isinstance(action, Rollback)
    assert action.restore_stable


def test_stable_gets_no_user_before_it_is_warm() -> None:
    replacing = at_stage(Kind.REPLACE, 100)

    assert isinstance(decide(replacing, PASSED, T0 + 600, warm=False), Hold)
    assert isinstance(decide(replacing, PASSED, T0 + 600, warm=False, command="promote"), Hold)
    assert isinstance(decide(replacing, PASSED, T0 + 3600, warm=False), Pause)


def test_too_little_evidence_holds_then_pauses_and_never_ships_or_rolls_back() -> None:
    assert isinstance(decide(AT_TEN, UNDECIDED, T0 + 3599), Hold)

    action = decide(AT_TEN, UNDECIDED, T0 + 3600)

    assert isinstance(action, Pause)
    assert "no verdict within 3600 s: it is inconclusive" in action.reason


def test_blindness_holds_for_the_retries_then_pauses() -> None:
    state, actions = AT_TEN, []
    for reading in range(4):
        actions.append(decide(state, BLIND, T0 + reading))
        state = after(state, actions[-1], T0 + reading)

    assert [type(action) for action in actions] == [Hold, Hold, Pause, Hold]
    assert state.phase is Phase.PAUSED


def test_blindness_rolls_back_only_where_the_settings_say_so() -> None:
    plan = version_plan("ollama", PaceArgs(retries=1, on_blind="rollback"))
    state = after(begin(plan, T0), Enter(stage=0), T0)

    state = after(state, decide(state, BLIND, T0), T0)

    assert isinstance(decide(state, BLIND, T0), Rollback)


def test_a_good_reading_between_bad_ones_begins_the_count_anew() -> None:
    state = AT_TEN
    for reading in (BLIND, BLIND, UNDECIDED, BLIND, BLIND):
        action = decide(state, reading, T0)
        assert isinstance(action, Hold)
        state = after(state, action, T0)


def test_a_shared_outage_holds_and_pauses_or_rolls_back_by_setting() -> None:
    shared = said(Verdict.FAIL, Cause.SHARED_DEPENDENCY)
    strict = version_plan("ollama", PaceArgs(on_shared="rollback"))
    at_strict = after(begin(strict, T0), Enter(stage=0), T0)

    assert isinstance(decide(AT_TEN, shared, T0 + 1), Hold)
    assert isinstance(decide(AT_TEN, shared, T0 + 3600), Pause)
    assert isinstance(decide(at_strict, shared, T0 + 1), Rollback)


def test_nothing_is_read_as_blindness() -> None:
    action = decide(AT_TEN, None, T0 + 1)

    assert isinstance(action, Hold)
    assert action.blind == 1


def test_a_freeze_stops_weights_from_growing_and_nothing_else() -> None:
    freeze = Freeze(start=T0, end=T0 + 5000, reason="holidays")
    plan = version_plan("ollama", PACE, freezes=[freeze])
    state = after(begin(plan, T0 - 100), Enter(stage=0), T0 - 100)

    held = decide(state, PASSED, T0 + 10)

    assert isinstance(held, Hold)
    assert "holidays" in held.reason
    assert isinstance(decide(state, FAILED, T0 + 10), Rollback)
    assert isinstance(decide(state, PASSED, T0 + 5000), Enter)


def test_a_person_may_pause_resume_and_abort() -> None:
    paused = after(AT_TEN, decide(AT_TEN, PASSED, T0 + 70, command="pause"), T0 + 70)

    assert isinstance(decide(paused, PASSED, T0 + 80), Hold)
    assert decide(paused, PASSED, T0 + 90, command="resume") == Resume()
    assert isinstance(decide(paused, PASSED, T0 + 90, command="abort"), Rollback)

    resumed = after(paused, Resume(), T0 + 90)
    assert (resumed.phase, resumed.since) == (Phase.RUNNING, T0 + 90)


def test_a_person_may_go_on_without_a_verdict_and_it_is_recorded() -> None:
    action = decide(AT_TEN, UNDECIDED, T0 + 1, command="promote")

    assert action == Enter(stage=1, forced=True)
    assert after(AT_TEN, action, T0 + 1).forced == (0,)


def test_a_person_cannot_promote_what_fails() -> None:
    assert isinstance(decide(AT_TEN, FAILED, T0 + 1, command="promote"), Rollback)


def test_what_has_ended_stays_ended() -> None:
    back = after(AT_TEN, decide(AT_TEN, FAILED, T0 + 1), T0 + 1)

    assert back.phase is Phase.ROLLED_BACK
    for command in (None, "resume", "promote", "abort"):
        assert decide(back, PASSED, T0 + 2, command=command) == Finish()
    assert after(back, Finish(), T0 + 2).phase is Phase.ROLLED_BACK


def test_good_after_bad_is_a_rollout_of_its_own() -> None:
    back = after(AT_TEN, decide(AT_TEN, FAILED, T0 + 1), T0 + 1)

    assert back.phase is Phase.ROLLED_BACK
    assert walk(begin(PLAN, T0 + 100), now=T0 + 100)[-1] == Finish()
