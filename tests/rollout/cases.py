"""How the tests of the controller begin: a stack with room for a canary, and a rollout of one."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from components.rollout.version import version
from rf.rollout import session
from rf.rollout.core import GateArgs, PaceArgs, version_plan
from rf.rollout.subject import VersionSubject
from settings import parse
from tests.conftest import platform
from tests.rollout.simulated import FILE, SERVICE, KilledError, Memory, Simulated, Version

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rf.rollout.core import Command, State
    from rf.rollout.session import Session

NEW = "example/triton:2"
STACK = "test"
PACE = PaceArgs(bake=120, min_hold=30, max_hold=3600, poll=20)
IMPATIENT = PaceArgs(bake=120, min_hold=30, max_hold=600, poll=20)
"""For what never comes to a verdict."""


def tree() -> dict[str, Any]:
    """Staging, with room for a canary."""
    found = copy.deepcopy(platform("staging"))
    found["capacity"] = {"cpus": 96, "memory": 192, "disk": 2000}
    found["gpu"]["gpus"] = 4
    return found


def promoted_tree() -> dict[str, Any]:
    """The same after the new version became the stable one."""
    found = tree()
    found["services"][SERVICE]["image"] = NEW
    return found


def always(new: Version) -> Callable[[str, datetime], Version]:
    return lambda image, _: new if image == NEW else Version()


def simulated(new: Version | Callable[[str, datetime], Version], **more: Any) -> Simulated:
    behaviour = always(new) if isinstance(new, Version) else new
    found: dict[str, Any] = {"tree": tree(), "store": Memory(), "behaviour": behaviour}
    return Simulated(**(found | more))


def subject(found: dict[str, Any]) -> VersionSubject:
    changes = {"image": NEW}
    trial = copy.deepcopy(found)
    trial["rollout"] = {"services": {SERVICE: {"canary": changes}}}
    spec = next(e.spec for e in parse(trial, FILE).entries if e.is_canary)
    return VersionSubject(service=SERVICE, version=version(spec), changes=changes)


SUBJECT = subject(tree())


BAD = Version(error_rate=0.5)


def at_weight(world: Simulated, weight: int, act: Callable[[], None]) -> Callable[[], None]:
    """Once, when the canary has ``weight`` per cent of the users."""
    done: list[bool] = []

    def meanwhile() -> None:
        if world.weights["canary"] == weight and not done:
            done.append(True)
            act()

    return meanwhile


def begun(world: Simulated, pace: PaceArgs = PACE) -> Session:
    return session.start(
        world.world.store,
        STACK,
        subject=SUBJECT,
        plan=version_plan(SERVICE, pace),
        gates={SERVICE: GateArgs()},
        platform=world.tree,
        now=world.now(),
    )


def rolled_out(world: Simulated, pace: PaceArgs = PACE, **more: Any) -> State:
    """From the beginning until it ends or waits."""
    return session.run(world.world, begun(world, pace), **more)


def resumed(world: Simulated, command: Command | None = None, **more: Any) -> State:
    """What another process makes of it."""
    latest = session.latest(world.world.store, STACK)
    assert latest is not None
    taken = session.taken_over(world.world.store, latest, world.now())
    return session.run(world.world, taken, command=command, **more)


def killed_and_resumed(world: Simulated) -> State | None:
    """A rollout whose controller dies at ``die_at``; None when that is after its end."""
    try:
        return rolled_out(world)
    except KilledError:
        world.born_again()
        latest = session.latest(world.world.store, STACK)
        if latest is None:
            return rolled_out(world)
        return latest.state if latest.is_over else resumed(world)
