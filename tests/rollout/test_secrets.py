"""Secrets planted around a whole rollout: nothing that it leaves behind or says holds one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from rf.rollout import session
from rf.rollout.core import Phase
from rf.rollout.effects import EffectError
from rf.rollout.effects.pushgateway import Pushgateway
from rf.rollout.settings_file import StackFile
from rf.rollout.slow_lane import PulumiDeployer
from rf.rollout.store.folder import FolderStore
from tests.deployments import LOCAL, checked, write_project, write_stack
from tests.deployments import World as Engine
from tests.rollout.cases import BAD, STACK, begun, simulated, tree
from tests.rollout.parts import parsed
from tests.rollout.simulated import Simulated, Version
from tests.rollout.test_notify import SECRET, webhook

if TYPE_CHECKING:
    from pathlib import Path

    from components.spec import ServiceSpec
    from rf.rollout.world import World

IN_FILE = "redisPassword"
IN_ENVIRONMENT = {
    "PULUMI_ACCESS_TOKEN": "pul-planted3f1c",
    "PULUMI_CONFIG_PASSPHRASE": "passphrase-planted9a77",
    "AWS_SECRET_ACCESS_KEY": "aws-planted51d0",
    "AWS_SESSION_TOKEN": "session-planted7be2",
}
KUBECONFIG = "kube-planted08c4"
PLANTED = (f"v1:{IN_FILE}", SECRET, KUBECONFIG, *IN_ENVIRONMENT.values())


@dataclass
class Kept:
    """What the Pushgateway gets; every third time it is silent."""

    pushed: list[str] = field(default_factory=list)

    def exchange(self, spec: ServiceSpec, path: str, content: str | None = None) -> str:
        self.pushed.append(f"{path}\n{content}")
        if len(self.pushed) % 3 == 0:
            raise EffectError(f"{spec.instance} gives no answer")
        return ""


@dataclass
class Deployers:
    """The real one, whose engine takes notes, and then the simulated one."""

    real: PulumiDeployer
    simulated: Simulated

    def up(self, message: str, *, only_weights: bool) -> None:
        self.real.up(message, only_weights=only_weights)
        self.simulated.up(message, only_weights=only_weights)


def engine(folder: Path) -> tuple[Engine, StackFile]:
    """A project with a secret in its stack file, and an environment with others."""
    (folder / "project").mkdir()
    root = write_project(folder / "project")
    path = write_stack(root, LOCAL, secrets=[IN_FILE])
    assert PLANTED[0] in path.read_text()
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)
    found = Engine(path=folder / "bin", variables={**IN_ENVIRONMENT, "KUBECONFIG": str(kubeconfig)})
    return found.with_pulumi(), StackFile(checked(root).project, "local")


@pytest.mark.parametrize(
    ("new", "phase"),
    [(Version(), Phase.PROMOTED), (BAD, Phase.ROLLED_BACK)],
    ids=["good", "bad"],
)
def test_no_record_no_log_no_message_and_no_metric_of_a_rollout_holds_a_secret(
    tmp_path: Path, new: Version, phase: Phase
) -> None:
    calls, file = engine(tmp_path)
    calls.statuses = {"pulumi up --yes --skip-preview --message a-rollout: canary goes": 1}
    kept, specs = Kept(), parsed(tree()).specs
    simulation = simulated(new, store=FolderStore(tmp_path / "store"))
    busy: tuple[int, dict[str, str]] = (503, {})
    answers = [busy, busy, *([(200, {})] * 100)]

    with webhook(tmp_path / "logs", answers) as told:
        notifier = told.everybody
        world: World = replace(
            simulation.world,
            notifier=notifier,
            deployer=Deployers(PulumiDeployer(file, calls.tools, "a-rollout"), simulation),
            metrics=Pushgateway(
                kept,
                next(spec for spec in specs if spec.name == "pushgateway"),
                say=notifier.note,
                now=lambda: simulation.now().timestamp(),
            ),
        )
        found = begun(simulation)
        state = session.run(world, found)

    surfaces = {
        "journal and evidence": "".join(
            path.read_text() for path in (tmp_path / "store").rglob("*") if path.is_file()
        ),
        "log and terminal": told.everywhere,
        "channel": json.dumps(told.channel),
        "metrics": "".join(kept.pushed),
        "command lines": "\n".join(chain.from_iterable(call.command for call in calls.calls)),
        "words of the commands": "\n".join(calls.said),
    }
    assert state.phase is phase, state.reason
    assert "rollout_weight_percent" in surfaces["metrics"]
    assert STACK in surfaces["journal and evidence"]
    assert '"evidence"' in surfaces["journal and evidence"]
    assert "Rollout in production" in surfaces["channel"]
    assert "answered 503" in surfaces["log and terminal"]
    assert "--message" in surfaces["command lines"]
    assert all(calls.calls[-1].env[name] == value for name, value in IN_ENVIRONMENT.items())
    for where, text in surfaces.items():
        assert [secret for secret in PLANTED if secret in text] == [], where
