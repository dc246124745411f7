"""What the world does to a rollout: gateways, engine, store, people; and what becomes of users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rf.errors import BadInputError
from rf.rollout import records, session
from rf.rollout.commands import Commands
from rf.rollout.controller import UnrecordedError
from rf.rollout.core import Phase, read_bundle, replay
from rf.rollout.effects import EffectError
from rf.rollout.lanes import Interrupted, RollbackError
from rf.rollout.lease import LockedError
from rf.rollout.ledger import evidence_log
from rf.rollout.store import StoreError
from rf.rollout.world import DeployError
from rf.stack_edit import edited
from tests.rollout.cases import (
    IMPATIENT,
    NEW,
    STACK,
    begun,
    promoted_tree,
    resumed,
    rolled_out,
    simulated,
    tree,
)
from tests.rollout.simulated import SERVICE, Simulated, Version

if TYPE_CHECKING:
    from collections.abc import Callable

    from rf.rollout.subject import Edits

BAD = Version(error_rate=0.5)
WEIGHTS = ("rollout", "services", SERVICE, "weights")


def at_weight(world: Simulated, weight: int, act: Callable[[], None]) -> Callable[[], None]:
    """Once, when the canary has ``weight`` per cent of the users."""
    done: list[bool] = []

    def meanwhile() -> None:
        if world.weights["canary"] == weight and not done:
            done.append(True)
            act()

    return meanwhile


def test_gateways_that_do_not_answer_keep_a_rollout_from_beginning() -> None:
    world = simulated(Version())
    world.fail = lambda what: EffectError("gateway gives no answer") if what == "scrape" else None

    state = rolled_out(world)

    assert state.phase is Phase.PAUSED
    assert "nothing was changed yet" in state.reason
    assert world.tree == tree()
    assert world.deployed == []


def test_gateways_that_stop_answering_pause_it_and_it_goes_on_when_they_answer() -> None:
    world = simulated(Version())
    blind: list[bool] = []
    world.fail = lambda what: EffectError("no answer") if what == "scrape" and blind else None
    world.meanwhile = at_weight(world, 50, lambda: blind.append(True))

    paused = rolled_out(world)
    blind.clear()
    state = resumed(world, "resume")

    assert paused.phase is Phase.PAUSED
    assert "unusable readings" in paused.reason
    assert state.phase is Phase.PROMOTED
    assert world.tree == promoted_tree()


def test_users_come_back_even_when_nobody_can_see_it() -> None:
    world = simulated(BAD)
    world.fail = lambda what: (
        EffectError("no answer") if what == "scrape" and rolling_back() else None
    )

    def rolling_back() -> bool:
        entries = session.latest(world.store, STACK).journal.entries  # type: ignore[union-attr]
        return bool(entries[-1].data.get("action", {}).get("kind") == "rollback")

    with pytest.raises(RollbackError, match="no answer"):
        rolled_out(world)

    assert world.weights["canary"] == 0


@pytest.mark.parametrize("what", ["up shift 10 %", "up shift 50 %", "up bake", "up replace"])
def test_a_deployment_that_fails_or_hangs_takes_the_version_back(what: str) -> None:
    world = simulated(Version())
    world.fail = lambda asked: DeployError("out of time") if asked.startswith(what) else None

    state = rolled_out(world)

    assert state.phase is Phase.ROLLED_BACK
    assert "out of time" in state.reason
    assert world.agree
    assert world.tree == tree()


def test_a_rollback_is_tried_again() -> None:
    world = simulated(BAD)
    failures = iter([True, True, False])
    world.fail = lambda what: (
        DeployError("busy") if what.startswith("up rollback") and next(failures) else None
    )

    assert rolled_out(world).phase is Phase.ROLLED_BACK
    assert world.agree


def test_a_rollback_that_fails_is_loud_has_moved_the_users_and_can_be_finished() -> None:
    world = simulated(BAD)
    world.fail = lambda what: DeployError("gone") if what.startswith("up rollback") else None

    with pytest.raises(RollbackError, match=r"the deployment could not be taken back: gone"):
        rolled_out(world)
    assert world.weights["canary"] == 0

    world.fail = lambda _: None
    assert resumed(world).phase is Phase.ROLLED_BACK
    assert world.agree
    assert world.tree == tree()


def test_a_canary_that_cannot_be_removed_stays_without_users_and_is_told_of() -> None:
    world = simulated(BAD)
    world.fail = lambda what: DeployError("gone") if what == "up canary goes" else None

    state = rolled_out(world)

    assert state.phase is Phase.ROLLED_BACK
    assert "the canary could not be taken back: gone" in state.reason
    assert world.weights["canary"] == 0


def full(what: str) -> Exception | None:
    return StoreError("no space left") if what.startswith("store") else None


def test_a_full_disk_keeps_a_rollout_from_changing_anything() -> None:
    world = simulated(Version())
    session_begun = begun(world)
    world.fail = full

    with pytest.raises(StoreError, match="no space left"):
        session.run(world.world, session_begun)

    assert world.tree == tree()
    assert world.deployed == []


@pytest.mark.parametrize("weight", [10, 50, 100])
def test_a_disk_that_fills_up_in_the_middle_takes_the_version_back(weight: int) -> None:
    world = simulated(Version())
    world.meanwhile = at_weight(world, weight, lambda: setattr(world, "fail", full))

    with pytest.raises(UnrecordedError, match=r"no space left.* went back to 0 %"):
        rolled_out(world)

    assert world.tree == tree()
    assert world.agree
    assert world.told[-1][0] == "rolled_back"


def test_after_a_rollback_without_a_record_a_resume_finds_out() -> None:
    world = simulated(Version())
    world.meanwhile = at_weight(world, 50, lambda: setattr(world, "fail", full))
    with pytest.raises(UnrecordedError):
        rolled_out(world)

    world.fail = lambda _: None
    world.born_again()
    found = resumed(world)
    aborted = resumed(world, "abort") if found.phase is Phase.PAUSED else found

    assert aborted.phase is Phase.ROLLED_BACK
    assert world.tree == tree()
    assert world.agree


def test_a_store_that_fails_for_a_moment_is_asked_again() -> None:
    world = simulated(Version())
    failures = iter([True, True])
    world.meanwhile = at_weight(
        world,
        10,
        lambda: setattr(world, "fail", lambda what: full(what) if next(failures, False) else None),
    )

    assert rolled_out(world).phase is Phase.PROMOTED


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


def test_every_step_rests_on_a_verdict_whose_evidence_gives_it_again() -> None:
    world = simulated(Version())
    passed: list[str] = []

    def note() -> None:
        record = world.tree.get("rollout", {}).get("services", {}).get(SERVICE, {}).get("passed")
        if record and record["verdict"] not in passed:
            passed.append(record["verdict"])

    world.meanwhile = note
    rolled_out(world)
    log = session.latest(world.store, STACK).journal.log  # type: ignore[union-attr]

    assert len(passed) >= 4
    for verdict in passed:
        bundle = read_bundle(records.read_text(world.store, evidence_log(log, verdict)))
        assert replay(bundle).sha256 == verdict
        assert replay(bundle).verdict == "pass"


def test_the_new_version_is_named_in_no_setting_after_a_rollback() -> None:
    world = simulated(BAD)

    rolled_out(world)

    assert NEW not in str(world.tree)
