"""How a change of settings reaches the users: the file, the fast lane, and the slow one.

Each of these may be done twice, so that whoever resumes begins with the action that may not have
been finished.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from components.gateway.names import versions
from components.gateway.routes import route_path

from ..errors import BadInputError
from . import readings
from .core import Kind
from .effects import EffectError
from .ledger import tries
from .world import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from components.spec import Track
    from settings import Stack

    from .core import Rollback, Stage
    from .readings import Readings
    from .subject import Pass, Subject
    from .world import World

DELIVERY_SECONDS = 30
"""How long gateways may take to serve a route file; they take less than one (measured)."""
WARM_SECONDS = 900
"""How long a version may take, once deployed, until the gateways see it healthy."""
POLL_SECONDS = 0.2


class RollbackError(Exception):
    """A rollback could not be finished; says what was done and what was not."""


class Interrupted(Exception):  # noqa: N818 it is no error
    """The process was asked to end; everything is journaled, and ``resume`` goes on."""


class Lanes:
    """The ways to change what users get.

    ``ended`` says whether the process was asked to end, which no rollback asks.
    """

    def __init__(
        self, world: World, subject: Subject, ended: Callable[[], bool] = lambda: False
    ) -> None:
        self._world = world
        self._subject = subject
        self._ended = ended

    def prepare(self) -> None:
        """Bring a canary up that nobody gets; EffectError when it is not healthy in time."""
        edits = self._subject.prepare()
        if edits:
            self._world.desired.write(edits)
            self._world.deployer.up("canary comes up", only_weights=False)
        for service in self._subject.versioned:
            self.await_health(service, "canary")

    def enter(self, stage: Stage, passed: Pass | None) -> None:
        """Make the change of ``stage``."""
        edits = self._subject.enter(stage, passed)
        if not edits:
            return
        stack = self._world.desired.write(edits)
        if stage.kind in (Kind.SHIFT, Kind.RETURN):
            self.deliver(stack)
        self._world.deployer.up(
            f"{stage.kind} {stage.weight} %",
            only_weights=stage.kind not in (Kind.REPLACE, Kind.REMOVE),
        )

    def rollback(self, action: Rollback) -> None:
        """Take ``action``, the fast lane first; RollbackError when part of it cannot be done.

        What can be done is done: a file that cannot be written does not keep users on a bad
        version. But where stable cannot become what it was, nobody is sent there.
        """
        if action.restore_stable:
            failed = self._attempt("stable's own settings", self._restore)
            if failed:
                raise RollbackError("; ".join(failed))
        failed = []
        edits = self._subject.back(action.weight)
        failed += self._attempt(
            "the gateways' routes", lambda: self.deliver(self._world.desired.with_edits(edits))
        )
        failed += self._attempt("the stack file", lambda: self._world.desired.write(edits))
        failed += self._attempt(
            "the deployment",
            lambda: self._world.deployer.up(f"rollback to {action.weight} %", only_weights=True),
        )
        if failed:
            raise RollbackError("; ".join(failed))

    def clear(self, *, deploy: bool) -> list[str]:
        """Remove the canary that nobody gets any more; what is to be said of it, if anything.

        ``deploy``: not only from the stack file.
        """
        edits = self._subject.clear()
        if not edits:
            return []
        failed = self._attempt("the canary's settings", lambda: self._world.desired.write(edits))
        if deploy and not failed:
            failed = self._attempt(
                "the canary", lambda: self._world.deployer.up("canary goes", only_weights=False)
            )
        return failed

    def deliver(self, stack: Stack) -> None:
        """Write what servers watch, and see every gateway serve it. EffectError otherwise.

        It is written even where the gateways' statistics cannot be read: that keeps nobody from
        being sent back.
        """
        live = [spec for spec in stack.specs if spec.live_files]
        try:
            before = readings.refused(self._look())
        except EffectError:
            before = None
        self._world.delivery.write(live)
        self._await_served(expected(stack), before)

    def await_health(self, service: str, track: Track) -> None:
        """Until the gateways see every instance of a version healthy; EffectError if they never do.

        A gateway that has just been started may not know the version yet.
        """
        up = every = 0

        def healthy() -> bool:
            nonlocal up, every
            up, every = readings.instances(self._look(), service, track)
            return 0 < every <= up

        if not self._until(healthy, WARM_SECONDS):
            raise EffectError(
                f"{up} of {every} instances of {service}'s {track} are healthy, "
                f"{WARM_SECONDS} s after it was deployed"
            )

    def _look(self) -> Readings:
        return readings.read(self._world.gateways.scrape())

    def _restore(self) -> None:
        self._world.desired.write(self._subject.restore())
        self._world.deployer.up("stable becomes what it was", only_weights=False)
        for service in self._subject.versioned:
            self.await_health(service, "stable")

    def _attempt(self, what: str, act: Callable[[], object]) -> list[str]:
        """Nothing if ``act`` succeeded at one of its tries, else what is to be said of it."""
        reason = ""
        for _ in tries(self._world.clock):
            try:
                act()
            except (EffectError, DeployError, BadInputError) as error:
                reason = str(error)
            else:
                return []
        return [f"{what} could not be taken back: {reason}"]

    def _await_served(
        self, wanted: Mapping[str, str], refused_before: Mapping[str, int] | None
    ) -> None:
        seen: Readings = {}

        def everywhere() -> bool:
            nonlocal seen
            seen = self._look()
            if refused_before is not None and any(
                number > refused_before.get(service, 0)
                for service, number in readings.refused(seen).items()
            ):
                return True
            return bool(seen) and all(
                wanted.items() <= each.served.items() for each in seen.values()
            )

        self._until(everywhere, DELIVERY_SECONDS)
        behind = sorted(
            gateway for gateway, each in seen.items() if not wanted.items() <= each.served.items()
        )
        if behind or not seen:
            raise EffectError(
                f"routes are not served by {', '.join(behind) or 'any gateway'} "
                f"after {DELIVERY_SECONDS} s, or were refused there"
            )

    def _until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Whether ``done`` within ``seconds``; EffectError when that cannot be seen at the end."""
        deadline = self._world.clock.now().timestamp() + seconds
        while True:
            if self._ended():
                raise Interrupted
            late = self._world.clock.now().timestamp() >= deadline
            try:
                if done():
                    return True
            except EffectError:
                if late:
                    raise
            if late:
                return False
            self._world.clock.sleep(POLL_SECONDS)


def expected(stack: Stack) -> dict[str, str]:
    """``version_info`` of each service's route file, as the settings want it."""
    gateway = next(spec for spec in stack.specs if spec.front_door)
    files = {file.path: file.content for file in gateway.live_files}
    return {
        tracks[0].name: _version(files[route_path(tracks[0])]) for tracks in versions(stack.specs)
    }


def _version(text: str) -> str:
    found: str = yaml.safe_load(text)["version_info"]
    return found
