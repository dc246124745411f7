"""What people do to a rollout: edits by hand, commands, signals, a second controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.rollout.component import component_inputs
from policies.framework.resource import Resource
from policies.thresholds.rules import rollout as policy
from rf.errors import BadInputError
from rf.rollout import records, session
from rf.rollout.commands import Commands
from rf.rollout.core import Phase
from rf.rollout.lanes import Interrupted
from rf.rollout.lease import LockedError
from rf.stack_edit import edited
from tests.rollout.cases import (
    BAD,
    IMPATIENT,
    STACK,
    at_weight,
    begun,
    promoted_tree,
    resumed,
    rolled_out,
    simulated,
    tree,
)
from tests.rollout.parts import parsed
from tests.rollout.simulated import SERVICE, Version

if TYPE_CHECKING:
    from rf.rollout.subject import Edits

WEIGHTS = ("rollout", "services", SERVICE, "weights")


def test_weights_that_somebody_edits_meanwhile_pause_it() -> None:
    world = simulated(Version())
    by_hand: Edits = {WEIGHTS: {"stable": 80, "canary": 20}}
    world.meanwhile = at_weight(
        world, 10, lambda: setattr(world, "tree", edited(world.tree, by_hand))
    )

    state = rolled_out(world)

    assert state.phase is Phase.PAUSED
    assert "gives triton 20 %, and this rollout left it at 10 %" in state.reason
    assert world.weights["canary"] == 10


def test_another_setting_that_somebody_edits_is_not_applied_by_a_rollback() -> None:
    world = simulated(BAD)
    by_hand: Edits = {("services", "redis", "memory"): 3}
    world.meanwhile = at_weight(
        world, 10, lambda: setattr(world, "tree", edited(world.tree, by_hand))
    )

    state = rolled_out(world)

    assert state.phase is Phase.ROLLED_BACK
    assert "canary waits at 0 %" in state.reason
    assert world.tree == edited(tree(), by_hand)
    assert "redis" not in world.state["services"]
    assert world.weights == {"stable": 100, "canary": 0}


def test_another_setting_that_somebody_edits_waits_for_a_person_before_the_next_step() -> None:
    world = simulated(Version())
    by_hand: Edits = {("services", "redis", "memory"): 3}
    world.meanwhile = at_weight(
        world, 10, lambda: setattr(world, "tree", edited(world.tree, by_hand))
    )

    paused = rolled_out(world)
    state = resumed(world, "resume")

    assert paused.phase is Phase.PAUSED
    assert "other settings" in paused.reason
    assert state.phase is Phase.PROMOTED
    assert world.tree == edited(promoted_tree(), by_hand)
    assert world.agree


def test_asked_to_end_it_ends_between_two_steps_and_another_process_goes_on() -> None:
    world = simulated(Version())
    asked: list[bool] = []
    world.meanwhile = at_weight(world, 50, lambda: asked.append(True))

    with pytest.raises(Interrupted):
        rolled_out(world, ended=lambda: bool(asked))

    assert world.agree
    assert world.weights["canary"] == 50
    assert resumed(world).phase is Phase.PROMOTED


def test_asked_to_end_while_it_waits_for_a_canary_it_ends_and_goes_on_later() -> None:
    world = simulated(Version(up=False))
    asked: list[bool] = []
    world.meanwhile = lambda: asked.append(True)

    with pytest.raises(Interrupted):
        rolled_out(world, ended=lambda: bool(asked))
    world.behaviour = lambda _image, _at: Version()

    assert resumed(world).phase is Phase.PROMOTED
    assert world.tree == promoted_tree()


def test_a_second_controller_is_refused() -> None:
    world = simulated(Version())
    first = begun(world)

    with pytest.raises(LockedError, match=first.id):
        begun(world)
    with pytest.raises(LockedError, match=first.id):
        session.taken_over(world.store, first, world.now())


def test_a_second_rollout_waits_for_the_first_to_end() -> None:
    world = simulated(Version(), rate=0.0)
    paused = rolled_out(world)
    assert paused.phase is Phase.PAUSED

    with pytest.raises(BadInputError, match=r"is unfinished \(paused\); rf rollout resume"):
        begun(world)


@pytest.mark.parametrize(
    ("command", "phase"), [("pause", Phase.PAUSED), ("abort", Phase.ROLLED_BACK)]
)
def test_what_a_person_asks_of_a_running_rollout_is_done(command: str, phase: Phase) -> None:
    world = simulated(Version())
    begun_session = begun(world)

    def ask() -> None:
        commands = Commands(world.store, begun_session.journal.log)
        commands.give(command, world.now())  # type: ignore[arg-type]

    world.meanwhile = at_weight(world, 10, ask)

    state = session.run(world.world, begun_session)

    assert state.phase is phase
    assert "a person" in state.reason
    assert world.agree


def test_a_command_is_taken_once_whoever_goes_on() -> None:
    world = simulated(Version())
    begun_session = begun(world)
    commands = Commands(world.store, begun_session.journal.log)
    world.meanwhile = at_weight(world, 10, lambda: commands.give("pause", world.now()))
    assert session.run(world.world, begun_session).phase is Phase.PAUSED

    assert resumed(world, "resume").phase is Phase.PROMOTED


def test_a_person_may_promote_without_evidence_and_that_is_on_record() -> None:
    world = simulated(Version(), rate=0.0)
    assert rolled_out(world).phase is Phase.PAUSED

    state = resumed(world, "promote")

    assert state.phase is Phase.PAUSED
    assert world.weights["canary"] == 50
    assert state.forced == (0,)
    assert world.agree
    record = world.tree["rollout"]["services"][SERVICE]["passed"]
    assert (record["weight"], record["forced"]) == (10, True)
    found = session.latest(world.store, STACK)
    assert found is not None
    assert session.last_verdict(found) != record["verdict"]  # that of 50 %, which holds there
    verdicts = {
        entry.data["sha256"]: entry.data["judgement"]["verdict"]
        for entry in found.journal.entries
        if entry.kind == records.VERDICT
    }
    assert verdicts[record["verdict"]] == "inconclusive"


def test_where_the_policy_counts_passes_alone_a_person_cannot_go_on_without_one() -> None:
    world = simulated(Version(), rate=0.0)
    assert rolled_out(world).phase is Phase.PAUSED
    resumed(world, "promote")
    stack = parsed(world.tree)
    inputs = component_inputs(stack.settings.rollout, stack.specs, {})
    resource = Resource(type=policy.ROLLOUT[0], name="rollout", properties=inputs)

    allowed = list(policy.evidence(resource, policy.EvidenceConfig()))
    refused = list(policy.evidence(resource, policy.EvidenceConfig(forced=False)))

    assert allowed == []
    assert "last pass on record (10 %)" in refused[0].message


def test_a_step_that_passed_is_on_record_as_that() -> None:
    world = simulated(Version())
    seen = set()

    def note() -> None:
        record = world.tree.get("rollout", {}).get("services", {}).get(SERVICE, {}).get("passed")
        seen.add("forced" in record if record else None)

    world.meanwhile = note

    assert rolled_out(world).phase is Phase.PROMOTED
    assert seen == {None, False}


def test_nobody_may_promote_what_failed() -> None:
    world = simulated(lambda _image, _at: BAD)
    assert rolled_out(world, IMPATIENT).phase is Phase.PAUSED

    with pytest.raises(BadInputError, match="the last verdict is fail"):
        resumed(world, "promote")


def test_a_paused_rollout_can_be_taken_back() -> None:
    world = simulated(Version(), rate=0.0)
    rolled_out(world)

    assert resumed(world, "abort").phase is Phase.ROLLED_BACK
    assert world.tree == tree()
    assert world.agree
