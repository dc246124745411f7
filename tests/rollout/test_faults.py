"""What the world does to a rollout: gateways and engine; and what becomes of users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rf.rollout import records, session
from rf.rollout.core import Phase, read_bundle, replay
from rf.rollout.effects import EffectError
from rf.rollout.lanes import RollbackError
from rf.rollout.ledger import evidence_log
from rf.rollout.world import DeployError
from tests.rollout.cases import (
    BAD,
    NEW,
    STACK,
    at_weight,
    promoted_tree,
    resumed,
    rolled_out,
    simulated,
    tree,
)
from tests.rollout.simulated import SERVICE, Version

if TYPE_CHECKING:
    from datetime import datetime


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


@pytest.mark.parametrize("seconds", [20, 100_000], ids=["for a moment", "for good"])
def test_a_deployment_that_succeeded_is_no_failed_step_when_nobody_can_read_it_back(
    seconds: int,
) -> None:
    world = simulated(Version())
    asked: list[datetime] = []

    def unread(what: str) -> Exception | None:
        if what != "scrape" or "shift 10 %" not in world.deployed:
            return None
        asked.append(world.now())
        over = (asked[-1] - asked[0]).total_seconds() >= seconds
        return None if over else EffectError("no answer")

    world.fail = unread

    state = rolled_out(world)

    assert state.phase is (Phase.PROMOTED if seconds == 20 else Phase.PAUSED), state.reason
    assert len(asked) > 1
    assert not any("rollback" in each for each in world.deployed)
    assert world.agree
