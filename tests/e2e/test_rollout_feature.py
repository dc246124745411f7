"""A feature's rollout with a real flagd, which applications ask, and a real Envoy before FAISS."""

from __future__ import annotations

import copy
import itertools
import json
import socket
import subprocess
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from components.context import Context
from components.flags import FLAG_FILE, Flags, FlagsArgs
from rf.health.questions import EVALUATE
from rf.rollout import session
from rf.rollout.core import GateArgs, PaceArgs, Phase, feature_plan
from rf.rollout.store.folder import FolderStore
from rf.rollout.subject import FeatureSubject
from tests.conftest import platform
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY
from tests.e2e.harness.needs import needs
from tests.e2e.harness.rollout import Local, local_stack, several
from tests.e2e.harness.waiting import seconds_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rf.rollout.core import State

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
    needs("flags"),
]

FEATURE, SERVICE = "vector_search", "faiss"
ARM = "x-researchflow-feature-vector-search"
USERS = 500
CLIENTS = 4
# Not weighed here: a version that the stack needs to have, and nobody gets.
CANARY = {"image": "example/faiss:2"}
PACE = PaceArgs(steps=(10, 50, 100), min_hold=1, bake=1, max_hold=120, poll=1)
GATES = GateArgs(settle=1, beta=0.2, design_effect=1, error_rate=0.1)


def tree() -> dict[str, Any]:
    found = copy.deepcopy(platform("local"))
    found["capacity"] = {"cpus": 96, "memory": 192, "disk": 2000}
    return found | {"features": {FEATURE: 0}}


def free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [each.getsockname()[1] for each in taken]
    finally:
        for each in taken:
            each.close()


@contextmanager
def flagd(folder: Path) -> Iterator[int]:
    """A flagd that watches the stack's file below ``folder``; its port for applications."""
    file = folder / "flags" / PurePosixPath(FLAG_FILE).relative_to("/")
    args = [
        each.replace(FLAG_FILE, str(file)) for each in Flags.describe(FlagsArgs(), Context()).args
    ]
    names = ("ofrep-port", "management-port", "port", "sync-port")
    ports = free_ports(len(names))
    # Of an option that is given twice, the last one counts.
    elsewhere = [f"--{name}={port}" for name, port in zip(names, ports, strict=True)]
    with (folder / "flagd.log").open("wb") as log:
        process = subprocess.Popen(["flagd", *args, *elsewhere], stdout=log, stderr=log)
    ready = f"http://127.0.0.1:{ports[1]}/readyz"
    try:
        seconds_until(lambda: answers(ready), within=10)
        yield ports[0]
    finally:
        process.terminate()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


@contextmanager
def application(local: Local, port: int) -> Iterator[dict[int, list[bool]]]:
    """Clients that do for each user in turn what flagd says; what it said, by user."""
    told: dict[int, list[bool]] = {user: [] for user in range(USERS)}
    ended = threading.Event()
    turns = itertools.count()

    def client() -> None:
        flags = HTTPConnection("127.0.0.1", port, timeout=5)
        with httpx.Client(timeout=5, trust_env=False) as gateway:
            while not ended.wait(0.01):
                user = next(turns) % USERS
                body = json.dumps({"context": {"targetingKey": f"user-{user}"}})
                flags.request("POST", f"{EVALUATE}/{FEATURE}", body)
                sees = json.loads(flags.getresponse().read())["value"]
                told[user].append(sees)
                headers = {"x-researchflow-user": str(user), ARM: "on" if sees else "off"}
                gateway.get(local.envoy.url(SERVICE), headers=headers)

    with several(client, CLIENTS, ended):
        yield told


def rolled_out(local: Local, folder: Path) -> State:
    world = local.world(FolderStore(folder / "store"))
    begun = session.start(
        world.store,
        "test",
        subject=FeatureSubject(feature=FEATURE, services=(SERVICE,)),
        plan=feature_plan(FEATURE, PACE, current=0, target=100),
        gates={SERVICE: GATES},
        platform=local.stack.tree,
        now=world.clock.now(),
    )
    return session.run(world, begun)


def test_a_good_feature_reaches_everybody_and_nobody_loses_it_on_the_way(tmp_path: Path) -> None:
    with (
        local_stack(tmp_path, tree(), SERVICE, CANARY, bad=[]) as local,
        flagd(tmp_path) as port,
        application(local, port) as told,
    ):
        state = rolled_out(local, tmp_path)
        told_before = {user: list(sees) for user, sees in told.items()}
        seconds_until(lambda: all(sees[-1:] == [True] for sees in told.values()), within=30)

    assert state.phase is Phase.PROMOTED, state.reason
    assert local.stack.tree["features"] == {FEATURE: 100}
    assert all(sees == sorted(sees) for sees in told_before.values())


def test_a_bad_feature_is_taken_from_everybody(tmp_path: Path) -> None:
    with (
        local_stack(tmp_path, tree(), SERVICE, CANARY, bad=[]) as local,
        flagd(tmp_path) as port,
        application(local, port) as told,
    ):
        local.stack.backends["stable"].fails_on = f"{ARM}: on"
        state = rolled_out(local, tmp_path)
        seconds_until(lambda: all(sees[-1:] == [False] for sees in told.values()), within=30)

    assert state.phase is Phase.ROLLED_BACK, state.reason
    assert local.stack.tree["features"] == {FEATURE: 0}
    assert any(any(sees) for sees in told.values()), "somebody had it"
