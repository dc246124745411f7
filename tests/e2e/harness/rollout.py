"""A whole stack's gateway on loopback, for rollouts: real Envoy, real files, real counters.

The deployer starts and stops the two versions as the settings say, where Pulumi would; everything
else is what a rollout of a stack uses.
"""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from components.gateway.names import fronted
from rf.rollout.clock import SystemClock
from rf.rollout.readings import STATISTICS
from rf.rollout.world import World
from rf.stack_edit import edited
from settings import parse
from tests.rollout.addresses import AddressGateways, FolderDelivery

from .backend import Backend, running
from .gateway import gateway

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rf.rollout.store import Store
    from rf.rollout.subject import Edits
    from settings import Stack

    from .backend import Behaviour
    from .gateway import RunningGateway

FILE = "Pulumi.test.yaml"
CLIENTS = 8


@dataclass(kw_only=True)
class Timed(Backend):
    """One that notes when its requests came, in Unix time."""

    arrived: list[float] = field(default_factory=list)

    async def _behave(self, writer: asyncio.StreamWriter) -> bool:
        self.arrived.append(time.time())
        return await super()._behave(writer)


@dataclass
class LocalStack:
    """Desired state, state and versions of one service; ``bad`` images do what ``fault`` says."""

    tree: dict[str, Any]
    service: str
    backends: Mapping[str, Timed]
    delivery: FolderDelivery
    bad: Sequence[str] = ()
    fault: Behaviour = "busy"
    state: dict[str, Any] = field(default_factory=dict)
    told: list[tuple[float, str]] = field(default_factory=list)
    """Unix time, and what people were told."""

    def current(self) -> Mapping[str, Any]:
        return self.tree

    def with_edits(self, edits: Edits) -> Stack:
        return parse(edited(self.tree, edits), FILE)

    def write(self, edits: Edits) -> Stack:
        stack = self.with_edits(edits)
        self.tree = edited(self.tree, edits)
        return stack

    def up(self, message: str, *, only_weights: bool) -> None:
        """Both versions, and the files that servers watch, are what the settings say."""
        del message
        self.state = self.tree
        specs = parse(self.tree, FILE).specs
        self.delivery.write([spec for spec in specs if spec.live_files])
        if not only_weights:
            self.run_versions()

    def run_versions(self) -> None:
        """The two servers are those that the state names."""
        specs = parse(self.state, FILE).specs
        images = {str(spec.track): spec.image for spec in specs if spec.name == self.service}
        for track, backend in self.backends.items():
            image = images.get(track)
            backend.sick = image is None
            backend.behaviour = self.fault if image in self.bad else "well"

    def tell(self, event: str, words: str) -> None:
        self.told.append((time.time(), f"{event}: {words}"))


@dataclass(kw_only=True)
class Local:
    """All of it together."""

    stack: LocalStack
    envoy: RunningGateway
    folder: Path

    def world(self, store: Store) -> World:
        """What a controller acts on."""
        return World(
            desired=self.stack,
            delivery=self.stack.delivery,
            gateways=AddressGateways({"gateway": self.envoy.url("stats", "")}, STATISTICS),
            deployer=self.stack,
            clock=SystemClock(),
            notifier=self.stack,
            store=store,
        )


@contextmanager
def local_stack(  # noqa: PLR0913 the last is keyword-only
    folder: Path,
    tree: dict[str, Any],
    service: str,
    canary: dict[str, Any],
    bad: Sequence[str],
    *,
    fault: Behaviour = "busy",
) -> Iterator[Local]:
    """``tree`` in force, before two versions of ``service``, the second of which is not up yet."""
    trial = parse(edited(tree, {("rollout", "services", service, "canary"): canary}), FILE)
    backends = {track: Timed(name=track) for track in ("stable", "canary")}
    inner = folder / "gateway" / "etc"
    inner.mkdir(parents=True)
    (folder / "files").mkdir()
    (inner / "envoy").symlink_to(folder / "files")
    with running(*backends.values()):
        ports = {f"{service}-{track}": backend.port for track, backend in backends.items()}
        ports[service] = backends["stable"].port
        with gateway(folder / "files", ports, peers=fronted(trial.specs)) as envoy:
            stack = LocalStack(
                tree=tree,
                service=service,
                backends=backends,
                delivery=FolderDelivery(folder),
                bad=bad,
                fault=fault,
            )
            stack.up("begin", only_weights=False)
            yield Local(stack=stack, envoy=envoy, folder=folder)


@contextmanager
def traffic(local: Local) -> Iterator[list[tuple[float, int]]]:
    """Requests over ``CLIENTS`` connections all the time; Unix time and status of each answer."""
    replies: list[tuple[float, int]] = []
    ended = threading.Event()
    users = itertools.count()
    url = local.envoy.url(local.stack.service)

    def client() -> None:
        with httpx.Client(timeout=5) as connection:
            while not ended.is_set():
                answer = connection.get(url, headers={"x-researchflow-user": f"u{next(users)}"})
                replies.append((time.time(), answer.status_code))
                ended.wait(0.02)

    with several(client, CLIENTS, ended):
        yield replies


@contextmanager
def several(client: Callable[[], None], count: int, ended: threading.Event) -> Iterator[None]:
    """Run ``client``, which goes on until ``ended``, in ``count`` threads meanwhile."""
    threads = [threading.Thread(target=client, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(10)
