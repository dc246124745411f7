"""Whole rollouts behind a real Envoy: a bad version comes back by itself, a good one stays."""

from __future__ import annotations

import copy
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from components.rollout.version import version
from rf.rollout import readings, records, session
from rf.rollout.core import GateArgs, PaceArgs, Phase, version_plan
from rf.rollout.lanes import expected
from rf.rollout.store.folder import FolderStore
from rf.rollout.subject import VersionSubject
from rf.stack_edit import edited
from settings import parse
from tests.conftest import platform
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY
from tests.e2e.harness.rollout import FILE, Local, local_stack, traffic
from tests.e2e.harness.waiting import seconds_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rf.rollout.core import State

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]

SERVICE = "triton"
NEW = "example/triton:2"
PACE = PaceArgs(steps=(30, 100), min_hold=1, bake=1, max_hold=30, poll=1)
GATES = GateArgs(settle=1, beta=0.2, design_effect=1, error_rate=0.1)


def tree() -> dict[str, Any]:
    found = copy.deepcopy(platform("local"))
    found["capacity"] = {"cpus": 96, "memory": 192, "disk": 2000}
    return found


def subject() -> VersionSubject:
    canary: Any = {("rollout", "services", SERVICE, "canary"): {"image": NEW}}
    specs = parse(edited(tree(), canary), FILE).specs
    (new,) = (spec for spec in specs if (spec.name, spec.track) == (SERVICE, "canary"))
    return VersionSubject(service=SERVICE, version=version(new), changes={"image": NEW})


def rolled_out(local: Local, folder: Path) -> State:
    world = local.world(FolderStore(folder / "store"))
    begun = session.start(
        world.store,
        "test",
        subject=subject(),
        plan=version_plan(SERVICE, PACE),
        gates={SERVICE: GATES},
        platform=local.stack.tree,
        now=world.clock.now(),
    )
    return session.run(world, begun)


def agree(local: Local) -> bool:
    """Config, state and what the gateway serves."""
    world = local.world(FolderStore(local.folder))
    wanted = expected(parse(local.stack.tree, FILE))

    def is_served() -> bool:
        (gateway,) = readings.read(world.gateways.scrape()).values()
        return wanted.items() <= gateway.served.items()

    seconds_until(is_served, within=5)
    return local.stack.tree == local.stack.state


def is_done_within_a_second(measured: Callable[[Path], float], folder: Path) -> bool:
    """A machine that is busy with other tests gets three tries, which a fault would fail alike."""
    return any(measured(folder / str(attempt)) <= 1 for attempt in range(3))


def test_a_bad_version_is_gone_within_a_second_of_its_verdict(tmp_path: Path) -> None:
    assert is_done_within_a_second(from_verdict_to_last_request, tmp_path)


def from_verdict_to_last_request(folder: Path) -> float:
    """Seconds of a version that a gateway may eject, after all else was seen to be right."""
    with (
        local_stack(folder, tree(), SERVICE, {"image": NEW}, bad=[NEW]) as local,
        traffic(local),
    ):
        state = rolled_out(local, folder)
        found = session.latest(FolderStore(folder / "store"), "test")

        assert state.phase is Phase.ROLLED_BACK, state.reason
        assert local.stack.tree == tree()
        assert agree(local)
        assert found is not None
        verdict = records.last(found.journal.entries, records.VERDICT)
        assert verdict is not None
        assert verdict.data["judgement"]["verdict"] == "fail"
        last_bad = max(local.stack.backends["canary"].arrived)
        return last_bad - datetime.fromisoformat(verdict.at).timestamp()


def test_the_weights_alone_end_the_traffic_of_a_version_that_no_gateway_ejects(
    tmp_path: Path,
) -> None:
    assert is_done_within_a_second(without_an_ejection, tmp_path)


def without_an_ejection(folder: Path) -> float:
    """The same where one request in six fails, with a status at which Envoy leaves a server."""
    with (
        local_stack(folder, tree(), SERVICE, {"image": NEW}, bad=[NEW], fault="faulty") as local,
        traffic(local),
    ):
        state = rolled_out(local, folder)
        found = session.latest(FolderStore(folder / "store"), "test")
        ejections = local.envoy.stat(
            f"cluster.{SERVICE}_canary.outlier_detection.ejections_enforced_total"
        )
        time.sleep(1)

    assert state.phase is Phase.ROLLED_BACK, state.reason
    assert ejections == "0"
    assert found is not None
    verdict = records.last(found.journal.entries, records.VERDICT)
    assert verdict is not None
    assert verdict.data["judgement"]["verdict"] == "fail"
    said = datetime.fromisoformat(verdict.at).timestamp()
    arrived = local.stack.backends["canary"].arrived
    before = [at for at in arrived if said - 1 < at <= said]
    assert len(before) > 10, "it had users until the verdict"
    return max(arrived) - said


def test_a_good_version_becomes_the_stable_one(tmp_path: Path) -> None:
    with (
        local_stack(tmp_path, tree(), SERVICE, {"image": NEW}, bad=[]) as local,
        traffic(local) as replies,
    ):
        state = rolled_out(local, tmp_path)

        assert state.phase is Phase.PROMOTED, state.reason
        assert local.stack.tree == edited(tree(), {("services", SERVICE, "image"): NEW})
        assert agree(local)
    assert {status for _, status in replies} == {200}
