"""A whole rollout under a simulated clock: what becomes of good versions and of bad ones."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from components.rollout.version import version
from rf.rollout.core import GateArgs, PaceArgs, Phase, version_plan
from rf.rollout.session import Session, controller, latest, start
from rf.rollout.store.folder import FolderStore
from rf.rollout.subject import VersionSubject
from settings import parse
from tests.conftest import platform
from tests.rollout.simulated import FILE, SERVICE, KilledError, Simulated, Version

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

NEW = "example/triton:2"
STACK = "test"
PACE = PaceArgs(bake=120, min_hold=30, max_hold=3600)


def tree() -> dict[str, Any]:
    """Staging, with room for a canary."""
    found = copy.deepcopy(platform("staging"))
    found["capacity"] = {"cpus": 96, "memory": 192, "disk": 2000}
    found["gpu"]["gpus"] = 4
    return found


def always(new: Version) -> Callable[[str, datetime], Version]:
    return lambda image, _: new if image == NEW else Version()


def simulated(folder: Path, new: Version, **more: Any) -> Simulated:
    return Simulated(tree=tree(), store=FolderStore(folder), behaviour=always(new), **more)


def subject(found: dict[str, Any]) -> VersionSubject:
    changes = {"image": NEW}
    trial = copy.deepcopy(found)
    trial["rollout"] = {"services": {SERVICE: {"canary": changes}}}
    spec = next(e.spec for e in parse(trial, FILE).entries if e.is_canary)
    return VersionSubject(service=SERVICE, version=version(spec), changes=changes)


def begun(world: Simulated) -> Session:
    return start(
        world.world.store,
        STACK,
        subject=subject(world.tree),
        plan=version_plan(SERVICE, PACE),
        gates={SERVICE: GateArgs()},
        now=world.now(),
    )


def test_a_good_version_becomes_the_stable_one(tmp_path: Path) -> None:
    world = simulated(tmp_path, Version())

    session = begun(world)
    state = controller(world.world, session).run(session.state)

    assert state.phase is Phase.PROMOTED, state.reason
    assert world.agree
    assert world.tree == tree() | {
        "services": tree()["services"] | {"triton": tree()["services"]["triton"] | {"image": NEW}}
    }
    assert [event for event, _ in world.told][-1] == "promoted"


@pytest.mark.parametrize("rate", [0.1, 0.3, 1.0])
def test_a_bad_version_is_gone_by_itself_and_nothing_of_it_is_left(
    tmp_path: Path, rate: float
) -> None:
    world = simulated(tmp_path, Version(error_rate=rate))

    session = begun(world)
    state = controller(world.world, session).run(session.state)

    assert state.phase is Phase.ROLLED_BACK
    assert "errors" in state.reason
    assert world.agree
    assert world.tree == tree()
    assert world.weights() == {"stable": 100, "canary": 0}


def test_killed_at_any_moment_it_goes_on_and_ends_as_it_would_have(tmp_path: Path) -> None:
    for name, new, phase in (
        ("good", Version(), Phase.PROMOTED),
        ("bad", Version(error_rate=0.5), Phase.ROLLED_BACK),
    ):
        whole = simulated(tmp_path / name, new)
        session = begun(whole)
        controller(whole.world, session).run(session.state)
        assert whole.steps > 20

        for moment in range(whole.steps + 1):
            world = simulated(tmp_path / f"{name}-{moment}", new, die_at=moment)
            try:
                session = begun(world)
                controller(world.world, session).run(session.state)
            except KilledError:
                world.die_at = None
                again = latest(world.world.store, STACK) or begun(world)
                if not again.is_over:
                    state = controller(world.world, again).run(again.state)
                    assert state.phase is phase, (name, moment, state.reason)

            assert world.agree, (name, moment)
            assert world.tree == whole.tree, (name, moment)
