"""A platform that exists in numbers only: users, versions and gateways under a clock of its own.

What it stands in for is the outside of the controller: Envoy's statistics (in Envoy's words, so
that the real reader reads them), the delivery of files, the engine, the time. Settings, journal,
lease, judge and controller are the real ones. ``tests/e2e`` runs the same with a real Envoy.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import yaml

from components.gateway.metrics import DURATION_BUCKETS_MS
from rf.rollout.effects import EffectError
from rf.rollout.lanes import expected
from rf.rollout.world import DeployError, World
from rf.stack_edit import edited
from settings import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from components.spec import ServiceSpec
    from rf.rollout.store import Store
    from rf.rollout.subject import Edits
    from settings import Stack

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
FILE = "Pulumi.test.yaml"
SERVICE = "triton"


class KilledError(BaseException):
    """Stands for SIGKILL: nothing of the controller runs after it."""


@dataclass
class Version:
    """How the instances of one version behave."""

    error_rate: float = 0.01
    milliseconds: int = 100
    up: bool = True


@dataclass
class Tally:
    """What a gateway has counted of one track."""

    requests: int = 0
    errors: int = 0
    slow: dict[int, int] = field(default_factory=dict)
    measured: int = 0


@dataclass
class Simulated:
    """Everything outside the controller. ``behaviour`` is asked at each request by version.

    ``steps`` counts what the controller asks of it; at ``die_at`` the controller is killed, before
    or after the effect in turn.
    """

    tree: dict[str, Any]
    store: Store
    behaviour: Callable[[str, datetime], Version]
    rate: float = 5.0
    """Requests a second."""
    die_at: int | None = None
    seed: int = 1
    steps: int = 0
    told: list[tuple[str, str]] = field(default_factory=list)
    deployed: list[str] = field(default_factory=list)
    fail: Callable[[str], Exception | None] = lambda _: None

    def __post_init__(self) -> None:
        """The settings are deployed and live, as after the first `pulumi up`."""
        self.time = START
        self.random = random.Random(self.seed)  # noqa: S311 repeatable
        self.files: dict[str, str] = {}
        self._deploy()
        self.tallies: dict[str, Tally] = {"stable": Tally(), "canary": Tally()}

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
        )

    # Desired

    def with_edits(self, edits: Edits) -> Stack:
        return parse(edited(self.tree, edits), FILE)

    def write(self, edits: Edits) -> Stack:
        stack = self.with_edits(edits)
        self.effect("file", lambda: setattr(self, "tree", edited(self.tree, edits)))
        return stack

    def deliver(self, specs: Sequence[ServiceSpec]) -> None:
        """What servers watch."""
        self.files = {file.path: file.content for spec in specs for file in spec.live_files}

    # Deployer

    def up(self, message: str, *, only_weights: bool) -> None:
        def deploy() -> None:
            self.deployed.append(message)
            self._deploy()

        if (error := self.fail(f"up {message}")) is not None:
            raise error
        self.effect(f"up {'weights' if only_weights else 'all'}", deploy)

    def _deploy(self) -> None:
        self.state = self.tree
        specs = parse(self.tree, FILE).specs
        self.deliver(specs)
        self.versions = {str(spec.track): spec for spec in specs if spec.name == SERVICE}

    # Gateways

    def scrape(self) -> Mapping[str, str]:
        if (error := self.fail("scrape")) is not None:
            raise error
        return {"gateway-1": self._statistics()}

    def _statistics(self) -> str:
        lines = []
        for track, tally in self.tallies.items():
            cluster = f'envoy_cluster_name="{SERVICE}_{track}"'
            lines += [
                f"envoy_cluster_upstream_rq_completed{{{cluster}}} {tally.requests}",
                "envoy_cluster_canary_upstream_rq"
                f'{{envoy_response_code="500",{cluster}}} {tally.errors}',
            ]
            own = f'{cluster},served_by="own"'
            name = "envoy_cluster_zone_gateway_upstream_rq_time"
            for bound in DURATION_BUCKETS_MS:
                within = tally.measured - sum(
                    number for took, number in tally.slow.items() if took >= bound
                )
                lines.append(f'{name}_bucket{{{own},le="{bound}"}} {within}')
            lines.append(f"{name}_count{{{own}}} {tally.measured}")
        up, every = self._members()
        for track in ("stable", "canary"):
            more = ("stable",) if track == "canary" and every["canary"] else ()
            for kind, members in (("healthy", up), ("total", every)):
                number = members[track] + sum(members[other] for other in more)
                cluster = f'envoy_cluster_name="{SERVICE}_{track}"'
                lines.append(f"envoy_cluster_membership_{kind}{{{cluster}}} {number}")
        lines += [
            f'envoy_http_rds_version_text{{envoy_rds_route_config="{service}",'
            f'text_value="{version}"}} 0'
            for service, version in self.served().items()
        ]
        return "\n".join(lines)

    def _members(self) -> tuple[dict[str, int], dict[str, int]]:
        every = {"canary": 0} | {track: spec.replicas for track, spec in self.versions.items()}
        up = {track: count if self._version(track).up else 0 for track, count in every.items()}
        return up, every

    # Clock

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        """Time passes, and users come: each is sent where the route file says."""
        canary = self.weights()["canary"]
        expected_requests = self.rate * seconds
        number = int(expected_requests) + (self.random.random() < expected_requests % 1)
        for _ in range(number):
            track = "canary" if self.random.random() * 100 < canary else "stable"
            self._request(track)
        self.time += timedelta(seconds=seconds)

    def _request(self, track: str) -> None:
        version, tally = self._version(track), self.tallies[track]
        tally.requests += 1
        if self.random.random() < version.error_rate:
            tally.errors += 1
        tally.measured += 1
        tally.slow[version.milliseconds] = tally.slow.get(version.milliseconds, 0) + 1

    def _version(self, track: str) -> Version:
        image = self.versions[track].image if track in self.versions else "none"
        return self.behaviour(image, self.time)

    # Notifier

    def tell(self, event: str, words: str) -> None:
        self.told.append((event, words))

    # What users get

    def weights(self) -> dict[str, int]:
        """What the live route file gives each version."""
        routes = yaml.safe_load(self.files[f"/etc/envoy/routes/{SERVICE}.yaml"])
        hosts = routes["resources"][0]["virtual_hosts"]
        (split,) = (
            entry["route"]["weighted_clusters"]["clusters"]
            for host in hosts
            for entry in host["routes"]
            if "route" in entry
        )
        found = {"stable": 0, "canary": 0}
        return found | {each["name"].rpartition("_")[2]: each["weight"] for each in split}

    def served(self) -> dict[str, str]:
        """Which route files the gateway serves."""
        return {
            path.rpartition("/")[2].removesuffix(".yaml"): yaml.safe_load(text)["version_info"]
            for path, text in self.files.items()
            if path.startswith("/etc/envoy")
        }

    @property
    def agree(self) -> bool:
        """Whether config, state and live traffic say the same."""
        return self.tree == self.state and self.served() == expected(parse(self.tree, FILE))

    def effect(self, what: str, act: Callable[[], None]) -> None:
        """Do ``act``, unless it is to fail or the controller to die here."""
        if (error := self.fail(what)) is not None:
            raise error
        self.steps += 1
        if self.steps == self.die_at and self.steps % 2:
            raise KilledError(what)
        act()
        if self.steps == self.die_at:
            raise KilledError(what)


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


__all__ = ["DeployError", "EffectError", "KilledError", "Simulated", "Version"]
