"""A controller killed with SIGKILL at any moment, before a real Envoy: the next one ends it."""

from __future__ import annotations

import copy
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from rf.rollout import readings, records, session
from rf.rollout.lanes import expected
from rf.rollout.readings import STATISTICS
from rf.rollout.store.folder import FolderStore
from rf.stack_edit import edited
from settings import parse
from tests.conftest import platform
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY
from tests.e2e.harness.killable import BEGUN, STACK, Files, followed
from tests.e2e.harness.rollout import FILE, local_stack, traffic
from tests.e2e.harness.waiting import seconds_until
from tests.rollout.addresses import AddressGateways

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.harness.rollout import Local

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]

SERVICE = "triton"
NEW = "example/triton:2"
PATIENCE_SECONDS = 180
LONGEST = 4.0
"""Seconds that a controller lives at most before it is killed."""


def tree() -> dict[str, Any]:
    found = copy.deepcopy(platform("local"))
    found["capacity"] = {"cpus": 96, "memory": 192, "disk": 2000}
    return found


def controller(local: Local) -> subprocess.Popen[bytes]:
    """One that has begun to work, or has nothing to do any more."""
    command = [sys.executable, "-m", "tests.e2e.harness.killable"]
    process = subprocess.Popen(
        [*command, str(local.folder), local.envoy.url("stats", "")],
        stdout=subprocess.PIPE,
        # A buffer may take the next line as well, which nobody would find in it.
        bufsize=0,
    )
    assert process.stdout is not None
    assert process.stdout.readline().decode().strip() == BEGUN
    return process


def killed_and_ended(folder: Path, *, bad: bool, kills: int, seed: int) -> None:
    """A rollout whose controllers die ``kills`` times: it ends as if none had, and all agree."""
    chance = random.Random(seed)  # noqa: S311 repeatable
    images = [NEW] if bad else []
    with local_stack(folder, tree(), SERVICE, {"image": NEW}, bad=images, fault="faulty") as local:
        files = Files(folder)
        for name, content in (
            ("desired", tree()),
            ("state", tree()),
            ("rollout", {"service": SERVICE, "image": NEW}),
        ):
            files.keep(name, content)
        with followed(local, files), traffic(local):
            for _ in range(kills):
                process = controller(local)
                try:
                    process.wait(chance.uniform(0, LONGEST))
                except subprocess.TimeoutExpired:
                    process.kill()
                process.communicate()
            said, _ = controller(local).communicate(timeout=PATIENCE_SECONDS)

            wanted = tree() if bad else edited(tree(), {("services", SERVICE, "image"): NEW})
            found = session.latest(FolderStore(folder / "store"), STACK)
            assert found is not None
            done = records.last(found.journal.entries, records.DONE)
            assert done is not None
            assert said.decode().strip() == done.data["state"]["phase"] == found.state.phase
            assert found.state.phase == ("rolled_back" if bad else "promoted"), found.state.reason
            assert files.read("desired") == files.read("state") == wanted
            gateways = AddressGateways({"gateway": local.envoy.url("stats", "")}, STATISTICS)

            def serves_what_is_wanted() -> bool:
                (gateway,) = readings.read(gateways.scrape()).values()
                return expected(parse(wanted, FILE)).items() <= gateway.served.items()

            seconds_until(serves_what_is_wanted, within=10)


@pytest.mark.parametrize(("bad", "kills"), [(False, 3), (True, 2)], ids=["good", "bad"])
def test_killed_at_some_moments_it_ends_as_it_would_have(
    tmp_path: Path, *, bad: bool, kills: int
) -> None:
    killed_and_ended(tmp_path, bad=bad, kills=kills, seed=kills)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("bad", [False, True], ids=["good", "bad"])
def test_killed_at_many_moments_it_ends_as_it_would_have(
    tmp_path: Path, *, bad: bool, seed: int
) -> None:
    killed_and_ended(tmp_path, bad=bad, kills=5, seed=seed)
