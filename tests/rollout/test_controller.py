"""A whole rollout under a simulated clock: what becomes of good versions and of bad ones."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rf.rollout.core import Phase
from tests.rollout.cases import (
    IMPATIENT,
    NEW,
    killed_and_resumed,
    promoted_tree,
    rolled_out,
    simulated,
    tree,
)
from tests.rollout.simulated import START, Version

if TYPE_CHECKING:
    from datetime import datetime

    from tests.rollout.simulated import Simulated

BAD = Version(error_rate=0.5)


def test_a_good_version_becomes_the_stable_one() -> None:
    world = simulated(Version())

    state = rolled_out(world)

    assert state.phase is Phase.PROMOTED, state.reason
    assert world.agree
    assert world.tree == promoted_tree()
    assert world.told[-1][0] == "promoted"


@pytest.mark.parametrize("rate", [0.1, 0.3, 1.0])
def test_a_bad_version_is_gone_by_itself_and_nothing_of_it_is_left(rate: float) -> None:
    world = simulated(Version(error_rate=rate))

    state = rolled_out(world)

    assert state.phase is Phase.ROLLED_BACK
    assert "errors" in state.reason
    assert world.agree
    assert world.tree == tree()
    assert world.weights == {"stable": 100, "canary": 0}


def test_one_that_fails_now_and_then_is_found_out() -> None:
    def sometimes(image: str, at: datetime) -> Version:
        failing = image == NEW and int((at - START).total_seconds()) % 60 < 24
        return Version(error_rate=0.4 if failing else 0.002)

    world = simulated(sometimes)

    assert rolled_out(world).phase is Phase.ROLLED_BACK
    assert world.tree == tree()


@pytest.mark.parametrize("stage", range(6))
def test_it_is_taken_back_wherever_it_begins_to_fail(stage: int) -> None:
    """10 %, 50 %, 100 %, while it bakes, while stable is replaced, and as stable."""
    world = simulated(Version())
    world.behaviour = lambda image, _: (
        BAD if image == NEW and _entered(world) > stage else Version()
    )

    state = rolled_out(world)

    assert state.phase is Phase.ROLLED_BACK
    assert world.tree == tree()
    assert world.weights == {"stable": 100, "canary": 0}
    assert world.agree


def _entered(world: Simulated) -> int:
    words = ("shift", "bake", "replace", "return", "remove")
    return sum(each.startswith(words) for each in world.deployed)


def test_a_version_that_is_never_up_gets_no_user() -> None:
    world = simulated(Version(up=False))

    state = rolled_out(world)

    assert state.phase is Phase.ROLLED_BACK
    assert "instances of triton's canary are healthy, 900 s after" in state.reason
    assert world.harmed == 0
    assert world.tree == tree()


def test_a_service_that_nobody_asks_is_neither_shipped_nor_taken_back() -> None:
    world = simulated(Version(), rate=0.0)

    state = rolled_out(world)

    assert state.phase is Phase.PAUSED
    assert "no request" in state.reason
    assert world.weights["canary"] == 10
    assert world.agree


def test_when_the_traffic_stops_the_step_is_not_passed() -> None:
    world = simulated(Version())

    def stop() -> None:
        if world.weights["canary"] == 50:
            world.rate = 0.0

    world.meanwhile = stop

    state = rolled_out(world)

    assert state.phase is Phase.PAUSED
    assert world.weights["canary"] == 50


def test_an_outage_of_all_versions_is_not_blamed_on_the_new_one() -> None:
    def outage(_image: str, at: datetime) -> Version:
        return BAD if at > START + timedelta(minutes=1) else Version()

    world = simulated(outage)

    state = rolled_out(world, IMPATIENT)

    assert state.phase is Phase.PAUSED
    assert "shared dependency" in state.reason


def test_another_seed_gives_the_same_end() -> None:
    ends = {
        new: {rolled_out(simulated(new, seed=seed)).phase for seed in (2, 3)}
        for new in (Version(), BAD)
    }

    assert ends == {Version(): {Phase.PROMOTED}, BAD: {Phase.ROLLED_BACK}}


@pytest.mark.parametrize("new", [Version(), BAD], ids=["good", "bad"])
def test_killed_at_boundaries_it_goes_on_and_ends_as_it_would_have(new: Version) -> None:
    _killed_at_every(13, new)


@pytest.mark.long
@pytest.mark.parametrize("new", [Version(), BAD], ids=["good", "bad"])
def test_killed_at_every_boundary_it_goes_on_and_ends_as_it_would_have(new: Version) -> None:
    _killed_at_every(1, new)


def _killed_at_every(stride: int, new: Version) -> None:
    whole = simulated(new)
    phase = rolled_out(whole).phase
    assert whole.boundaries > 20

    for moment in range(1, whole.boundaries + 1, stride):
        world = simulated(new, die_at=moment)
        state = killed_and_resumed(world)

        assert state is not None
        assert state.phase is phase, (moment, state.reason)
        assert world.agree, moment
        assert world.tree == whole.tree, moment
