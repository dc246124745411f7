"""What a store that fails does to a rollout: a full disk, for a moment or for good."""

from __future__ import annotations

import pytest

from rf.rollout import session
from rf.rollout.acts import UnrecordedError
from rf.rollout.core import Phase
from rf.rollout.store import StoreError
from tests.rollout.cases import (
    at_weight,
    begun,
    resumed,
    rolled_out,
    simulated,
    tree,
)
from tests.rollout.simulated import Version


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
