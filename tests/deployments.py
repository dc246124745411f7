"""A project to deploy, and a world outside it that only takes notes."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from rf.deploy.deployment import Tools, up
from rf.deploy.runner import Answer
from rf.errors import BadInputError
from rf.project import find_project
from rf.stacks import CheckedStack, checked_stack

PROJECT = "researchflow-ai"
PROGRAM = """
import pulumi

config = pulumi.Config()
pulumi.export("platform", config.require_object("platform"))
pulumi.export("password", config.require_secret("redisPassword"))
"""
LOCAL: Mapping[str, Any] = {"environment": "local", "target": {"kind": "docker"}}
CLUSTER: Mapping[str, Any] = {
    "environment": "staging",
    "target": {"kind": "kubernetes", "namespace": "researchflow-ai-staging"},
    "capacity": {"cpus": 256, "memory": 512, "disk": 5000},
    "images": {"tag_waiver": "9999-12-31"},
}
PACKS = "--policy-pack security --policy-pack thresholds"
BACKEND = {"PULUMI_BACKEND_URL": "s3://the-team"}
SALT = "v1:GWZ5GjRbI0E=:v1:SgoxB4zUCnj++U4D:7R7XAP5ZYI3bU6dqpDMef85Yz1VnSA=="


def write_project(root: Path, program: str = PROGRAM) -> Path:
    """A project without stacks, run by the Python that runs the test."""
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
    (root / "Pulumi.yaml").write_text(json.dumps({"name": PROJECT, "runtime": runtime}))
    (root / "__main__.py").write_text(program)
    return root


def write_stack(
    root: Path,
    platform: Mapping[str, Any],
    *,
    stack: str = "local",
    secrets: Sequence[str] = (),
) -> Path:
    """The file of ``stack``, as somebody would commit it, with made-up ciphertext."""
    encrypted = {f"{PROJECT}:{name}": {"secure": f"v1:{name}"} for name in secrets}
    content: dict[str, Any] = {"config": {f"{PROJECT}:platform": dict(platform), **encrypted}}
    if secrets:
        content["encryptionsalt"] = SALT
    path = root / f"Pulumi.{stack}.yaml"
    path.write_text("# Written by hand.\n" + yaml.safe_dump(content))
    return path


def checked(root: Path, stack: str = "local") -> CheckedStack:
    """The stack as the commands see it."""
    return checked_stack(find_project(root), stack)


@dataclass(frozen=True)
class Call:
    """One program that was to be run."""

    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    stdin: str


@dataclass
class World:
    """Runs nothing.

    ``statuses`` says how a program whose command line starts so would end, ``outputs`` what it
    would say.
    """

    path: Path
    statuses: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    installing: Callable[[Path], None] = lambda _: None
    calls: list[Call] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def with_pulumi(self) -> "World":
        """Put something called ``pulumi`` on PATH."""
        self.path.mkdir(exist_ok=True)
        cli = self.path / "pulumi"
        cli.touch(mode=0o755)
        return self

    @property
    def tools(self) -> Tools:
        """What ``up`` and ``down`` get."""
        environment = {"PATH": str(self.path), **self.variables}
        return Tools(
            runner=self, environment=environment, install=self.installing, say=self.said.append
        )

    @property
    def commands(self) -> list[str]:
        """The command lines so far, programs by name and the tail of paths only."""
        return [" ".join(Path(word).name for word in call.command) for call in self.calls]

    def ask(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: str = ""
    ) -> Answer:
        """Note the call."""
        status = self._note(command, cwd, env, stdin)
        if status:
            return Answer(status=status, output="noise\nerror: what went wrong\n")
        line = self.commands[-1]
        said = (text for start, text in self.outputs.items() if line.startswith(start))
        return Answer(status=status, output=next(said, ""))

    def show(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> int:
        """Note the call."""
        return self._note(command, cwd, env, "")

    def _note(self, command: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: str) -> int:
        self.calls.append(Call(tuple(command), cwd, dict(env), stdin))
        line = self.commands[-1]
        return next((self.statuses[key] for key in self.statuses if line.startswith(key)), 0)


def refusal(root: Path, world: World, stack: str = "local") -> str:
    """Why ``up`` does not begin."""
    with pytest.raises(BadInputError) as raised:
        up(checked(root, stack), world.tools, yes=False)
    return str(raised.value)
