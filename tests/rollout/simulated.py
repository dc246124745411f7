"""A platform that exists in numbers only: users, versions and gateways under a clock of its own.

What it stands in for is the outside of the controller: Envoy's statistics (in Envoy's words, so
that the real reader reads them), the delivery of files, the engine, the time. Settings, journal,
lease, judge, controller and the policy on weights are the real ones. ``tests/e2e`` runs the same
with a real Envoy.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rf.rollout.effects import EffectError
from rf.rollout.effects.pushgateway import Nowhere
from rf.rollout.store import StoreError
from rf.rollout.world import DeployError, World
from rf.stack_edit import edited
from tests.rollout.parts import FILE, Memory, parsed, policies_agree, routes
from tests.rollout.statistics import Tally, statistics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from components.spec import ServiceSpec
    from rf.rollout.effects import Metrics
    from rf.rollout.store import Store
    from rf.rollout.subject import Edits
    from settings import Stack

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
SERVICE = "triton"
ROUTES = "/etc/envoy/routes/"


class KilledError(BaseException):
    """Stands for SIGKILL: nothing of the controller reaches the world after it."""


@dataclass(frozen=True)
class Version:
    """How the instances of one version behave."""

    error_rate: float = 0.002
    milliseconds: int = 100
    up: bool = True


@dataclass
class Simulated:
    """Everything outside the controller. ``behaviour`` is asked at each request by version.

    ``boundaries`` counts what the controller does to the world and its store; at ``die_at`` it is
    killed, before and after the effect in turn. ``fail`` is asked before each: what it returns is
    raised. ``meanwhile`` runs whenever time passes.
    """

    tree: dict[str, Any]
    store: Store
    behaviour: Callable[[str, datetime], Version]
    rate: float = 20.0
    """Requests a second."""
    die_at: int | None = None
    seed: int = 1
    boundaries: int = 0
    told: list[tuple[str, str]] = field(default_factory=list)
    deployed: list[str] = field(default_factory=list)
    fail: Callable[[str], Exception | None] = lambda _: None
    meanwhile: Callable[[], None] = lambda: None
    metrics: Metrics = field(default_factory=Nowhere)
    dead: bool = False
    harmed: int = 0
    """Requests that the canary failed."""

    def __post_init__(self) -> None:
        """The settings are deployed and live, as after the first `pulumi up`."""
        self.time = START
        self.state: dict[str, Any] = self.tree
        self.random = random.Random(self.seed)  # noqa: S311 repeatable
        self.tallies: dict[str, Tally] = {"stable": Tally(), "canary": Tally()}
        self._deploy(only_weights=False)

    @property
    def world(self) -> World:
        """The platform as the controller sees it."""
        return World(
            desired=self,
            delivery=_Delivery(self),
            gateways=self,
            deployer=self,
            clock=self,
            notifier=self,
            store=_Mortal(self),
            metrics=self.metrics,
        )

    # Desired

    def current(self) -> Mapping[str, Any]:
        return self.tree

    def with_edits(self, edits: Edits) -> Stack:
        return parsed(edited(self.tree, edits))

    def write(self, edits: Edits) -> Stack:
        stack = self.with_edits(edits)
        self.effect("file", lambda: setattr(self, "tree", edited(self.tree, edits)))
        return stack

    # Deployer

    def up(self, message: str, *, only_weights: bool) -> None:
        def deploy() -> None:
            self.deployed.append(message)
            self._deploy(only_weights=only_weights)

        policies_agree(parsed(self.tree))
        self.effect(f"up {message}", deploy)

    def _deploy(self, *, only_weights: bool) -> None:
        weights = {key: self.tree[key] for key in ("rollout", "features") if key in self.tree}
        others = {key: value for key, value in self.tree.items() if key not in weights}
        if only_weights:
            others = {key: value for key, value in self.state.items() if key not in weights}
        self.state = others | weights
        stack = parsed(self.state)
        self.deliver(stack.specs)
        self.versions = {str(spec.track): spec for spec in stack.specs if spec.name == SERVICE}

    def deliver(self, specs: Sequence[ServiceSpec]) -> None:
        """What servers watch is replaced."""
        files = {file.path: file.content for spec in specs for file in spec.live_files}
        self.served = {
            path.removeprefix(ROUTES).removesuffix(".yaml"): routes(text)[0]
            for path, text in files.items()
            if path.startswith(ROUTES)
        }
        self.weights = routes(files[f"{ROUTES}{SERVICE}.yaml"])[1]
        self.flags = {path: text for path, text in files.items() if not path.startswith(ROUTES)}

    # Gateways

    def scrape(self) -> Mapping[str, str]:
        if (error := self.fail("scrape")) is not None:
            raise error
        every = {"canary": 0} | {track: spec.replicas for track, spec in self.versions.items()}
        up = {track: count if self._version(track).up else 0 for track, count in every.items()}
        return {"gateway-1": statistics(SERVICE, self.tallies, up, every, self.served)}

    # Clock

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        """Time passes, and users come: each is sent where the route file says."""
        self.meanwhile()
        wanted = self.rate * seconds
        number = int(wanted) + (self.random.random() < wanted % 1)
        for _ in range(number):
            chosen = self.random.random() * 100 < self.weights["canary"]
            self._request("canary" if chosen else "stable")
        self.time += timedelta(seconds=seconds)

    def _request(self, track: str) -> None:
        version, tally = self._version(track), self.tallies[track]
        tally.requests += 1
        if not version.up or self.random.random() < version.error_rate:
            tally.errors += 1
            self.harmed += track == "canary"
        took = version.milliseconds
        tally.took[took] = tally.took.get(took, 0) + 1

    def _version(self, track: str) -> Version:
        image = self.versions[track].image if track in self.versions else "none"
        return self.behaviour(image, self.time)

    # Notifier

    def tell(self, event: str, words: str) -> None:
        self.told.append((event, words))

    # What users get

    @property
    def agree(self) -> bool:
        """Whether config, state and live traffic say the same."""
        specs = parsed(self.tree).specs
        files = {file.path: file.content for spec in specs for file in spec.live_files}
        live = all(
            routes(text)[0] == self.served[path.removeprefix(ROUTES).removesuffix(".yaml")]
            for path, text in files.items()
            if path.startswith(ROUTES)
        )
        return live and self.tree == self.state and self.flags.items() <= files.items()

    def effect(self, what: str, act: Callable[[], None]) -> None:
        """Do ``act``, unless it is to fail or the controller to die here."""
        if self.dead:
            raise KilledError(what)
        if (error := self.fail(what)) is not None:
            raise error
        self.boundaries += 1
        if self.boundaries == self.die_at:
            self.dead = True
        if not self.dead:
            act()
            self.boundaries += 1
            self.dead = self.boundaries == self.die_at
        if self.dead:
            raise KilledError(what)

    def born_again(self) -> None:
        """Another process goes on, when the dead one's lease is over."""
        self.die_at, self.dead = None, False
        self.sleep(700)


class _Delivery:
    """Live files, written past the engine."""

    def __init__(self, platform: Simulated) -> None:
        self._platform = platform

    def write(self, specs: Sequence[ServiceSpec]) -> None:
        self._platform.effect("delivery", lambda: self._platform.deliver(specs))


class _Mortal:
    """The store, at whose writes the controller may be killed as well."""

    def __init__(self, platform: Simulated) -> None:
        self._platform = platform

    def add(self, log: str, number: int, record: bytes) -> bool:
        made: list[bool] = []
        store = self._platform.store
        self._platform.effect(f"store {log}", lambda: made.append(store.add(log, number, record)))
        return made[0]

    def read(self, log: str, after: int = 0) -> Sequence[bytes]:
        return self._platform.store.read(log, after)

    def logs(self, under: str) -> Sequence[str]:
        return self._platform.store.logs(under)


__all__ = ["FILE", "DeployError", "EffectError", "KilledError", "Memory", "Simulated", "StoreError"]
