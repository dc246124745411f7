"""A policy pack that is missing or broken: nothing is deployed past it, at no time, by nobody."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from rf.deploy import packs
from rf.deploy.packs import pack_options
from rf.errors import BadInputError
from rf.rollout import preflight
from rf.rollout.core import GateArgs, Phase, version_plan
from rf.rollout.lanes import RollbackError
from rf.rollout.request import Request
from rf.rollout.settings_file import StackFile
from rf.rollout.slow_lane import PulumiDeployer
from rf.rollout.world import DeployError
from tests.deployments import LOCAL, World, checked, write_project, write_stack
from tests.rollout.cases import PACE, SUBJECT, at_weight, resumed, rolled_out, simulated, tree
from tests.rollout.parts import parsed
from tests.rollout.simulated import SERVICE, Simulated, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from components.spec import ServiceSpec
    from rf.rollout.core import Counts
    from rf.rollout.subject import Subject

Harm = tuple[str, str | None, str]
HARMS: dict[str, Harm] = {
    "a pack is gone": ("thresholds/PulumiPolicy.yaml", None, "policy pack thresholds is missing"),
    "settings are no YAML": ("rules.yaml", "rules: [", "policies/rules.yaml"),
    "settings of no rule": ("rules.yaml", "rules: {a/typo: {}}", "a/typo: unknown rule"),
    "waivers are gone": ("waivers.yaml", None, "policies/waivers.yaml"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The packs of a checkout that a test may harm."""
    copied = tmp_path / "policies"
    shutil.copytree("policies", copied, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(packs, "POLICIES", copied)
    return copied


@pytest.fixture(params=list(HARMS.values()), ids=list(HARMS))
def harm(request: pytest.FixtureRequest, folder: Path) -> Callable[[], str]:
    """Does it; returns what is to be said of it then."""

    def done() -> str:
        name, content, said = request.param
        path = folder / name
        path.unlink()
        if content is not None:
            path.write_text(content)
        return str(said)

    return done


def test_both_packs_are_named_where_all_is_well(folder: Path) -> None:
    assert pack_options() == [
        *("--policy-pack", str(folder / "security")),
        *("--policy-pack", str(folder / "thresholds")),
    ]


def test_preflight_names_it(harm: Callable[[], str]) -> None:
    world = simulated(Version())
    asked = Request(
        subject=SUBJECT, plan=version_plan(SERVICE, PACE), gates={SERVICE: GateArgs()}, now=0
    )
    assert preflight.preflight(Looks(world), asked, parsed(tree()), None).problems == ()

    said = harm()

    (problem,) = preflight.preflight(Looks(world), asked, parsed(tree()), None).problems
    assert problem.startswith("policies: ")
    assert said in problem


class Looks:
    """What preflight may look at."""

    def __init__(self, world: Simulated) -> None:
        self.desired = self.gateways = self.clock = world

    def lacking(self, _: Sequence[ServiceSpec]) -> tuple[str, ...]:
        return ()

    def history(self, subject: Subject, until: float) -> dict[str, tuple[Counts, ...]]:
        del subject, until
        return {}


def test_no_deployment_of_a_rollout_is_begun_past_it(
    harm: Callable[[], str], tmp_path: Path
) -> None:
    (tmp_path / "project").mkdir()
    root = write_project(tmp_path / "project")
    write_stack(root, LOCAL)
    engine = World(path=tmp_path / "bin").with_pulumi()
    file = StackFile(checked(root).project, "local")
    deployer = PulumiDeployer(file, engine.tools, "a rollout")
    deployer.up("shift 10 %", only_weights=True)
    assert engine.commands[-1].startswith("pulumi up")
    engine.calls.clear()

    said = harm()
    with pytest.raises(DeployError, match=said):
        deployer.up("shift 50 %", only_weights=True)

    assert not any(command.startswith("pulumi up") for command in engine.commands)


def test_in_the_middle_of_a_rollout_users_go_back_and_the_deployment_waits_for_it(
    folder: Path,
) -> None:
    def refused(what: str) -> Exception | None:
        try:
            pack_options()
        except BadInputError as error:
            return DeployError(str(error)) if what.startswith("up ") else None
        return None

    world = simulated(Version())
    world.fail = refused
    aside = folder.with_name("aside")
    world.meanwhile = at_weight(world, 10, lambda: void(folder.rename(aside)))

    with pytest.raises(RollbackError, match="policy pack security is missing"):
        rolled_out(world)
    deployed = list(world.deployed)
    aside.rename(folder)
    state = resumed(world)

    assert deployed == ["canary comes up", "shift 10 %"]
    assert world.weights == {"stable": 100, "canary": 0}
    assert state.phase is Phase.ROLLED_BACK
    assert world.tree == tree()
    assert world.agree


def void(_: object) -> None:
    """Nothing comes of it."""
