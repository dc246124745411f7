"""The real Pulumi CLI at work on a copy of our program, with nothing of the user's in reach."""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from tests.engine.plugins import environment

# What the program never looks at.
NOT_COPIED = shutil.ignore_patterns(".*", "bench", "docs", "services", "tests")
STEPS = ("create", "update", "replace", "delete")
"""What the engine does to a resource, the parts of a replacement left out."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One stack. Its program, stack file, backend and all that stands deployed are below ``root``.

    ``planted`` are texts that nobody may ever see, ``plugins`` a folder for PATH.
    """

    root: Path
    stack: str
    plugins: Path
    planted: tuple[str, ...] = ()

    @property
    def project(self) -> Path:
        """The copy of the program."""
        return self.root / "project"

    @property
    def world(self) -> Path:
        """Holds a file for each thing that the stand-ins have made and not deleted."""
        return self.root / "world"

    def copy(self, root: Path) -> "Deployment":
        """The same once more, to be changed without harm to this one."""
        shutil.copytree(self.root, root)
        return replace(self, root=root)

    def run(self, *arguments: str, text: str | None = None) -> str:
        """What ``pulumi ARGUMENTS`` writes to stdout; it must end well."""
        done = self._pulumi(arguments, text)
        assert done.returncode == 0, errors_in(done.stdout + done.stderr)
        return done.stdout

    def fail(self, *arguments: str) -> str:
        """All that ``pulumi ARGUMENTS`` writes; it must end badly."""
        done = self._pulumi(arguments)
        output = done.stdout + done.stderr
        assert done.returncode != 0, output
        return output

    def set(self, key: str, value: object) -> None:
        """Change a setting, ``services.redis.cpu``, as a person would."""
        self.run("config", "set", "--path", f"platform.{key}", str(value))

    def set_secret(self, name: str, value: str, *, planted: str) -> "Deployment":
        """Give a secret another value, of which nobody may ever see the part ``planted``."""
        also = replace(self, planted=(*self.planted, planted))
        also.run("config", "set", "--secret", name, text=value)
        return also

    def preview(self) -> dict[str, dict[str, Any]]:
        """The state that each resource would have, by URN, the stack itself left out."""
        steps = json.loads(self.run("preview", "--json"))["steps"]
        states = [step["newState"] for step in steps]
        return {state["urn"]: state for state in states if state.get("parent")}

    def up(self, *options: str) -> dict[str, str]:
        """Deploy. What was done to each resource that did not stay the same."""
        output = self.run("up", "--yes", "--skip-preview", "--json", *options)
        events = [json.loads(line).get("resourcePreEvent") for line in output.splitlines()]
        steps = [event["metadata"] for event in events if event]
        return {title(step): step["op"] for step in steps if step["op"] in STEPS}

    def state(self) -> dict[str, dict[str, Any]]:
        """What the engine has recorded of each resource, by URN."""
        recorded = json.loads(self.run("stack", "export"))["deployment"]
        return {resource["urn"]: resource for resource in recorded.get("resources", [])}

    def made(self) -> list[str]:
        """The names of the files in ``world``, which begin with the type."""
        return sorted(path.name for path in self.world.iterdir())

    def secrets_in(self, text: str) -> list[str]:
        """Which of ``planted``, or of what anybody can make of them, are in ``text``."""
        return [planted for planted in self.planted if any(form in text for form in forms(planted))]

    def _pulumi(
        self, arguments: tuple[str, ...], text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["pulumi", "--non-interactive", *arguments, "--stack", self.stack],
            cwd=self.project,
            env=environment(self.root, self.plugins),
            input=text,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        command = " ".join(["pulumi", *arguments])
        assert self.secrets_in(done.stdout + done.stderr) == [], f"{command} shows a secret"
        return done


def open_deployment(root: Path, stack: str, plugins: Path) -> Deployment:
    """A copy of the checkout with ``stack`` in a backend of its own; no secret is set."""
    deployment = Deployment(root=root, stack=stack, plugins=plugins)
    checkout = Path.cwd()
    shutil.copytree(checkout, deployment.project, ignore=NOT_COPIED)
    file = deployment.project / "Pulumi.yaml"
    content = yaml.safe_load(file.read_text())
    # The one that runs the tests, so that the CLI never makes or fills another.
    content["runtime"]["options"]["virtualenv"] = sys.prefix
    file.write_text(json.dumps(content))
    for folder in ("state", "home", "world"):
        (root / folder).mkdir()
    deployment.run("stack", "init")
    return deployment


def errors_in(output: str) -> str:
    """The last lines of ``output`` that speak of an error; a program's own may be a long way up."""
    lines = [line for line in output.splitlines() if "error" in line.lower()]
    return "\n".join(lines[-20:] or [output])


def title(step: Mapping[str, Any]) -> str:
    """``ConfigMap redis-config``: kind and name of a resource, which are unique in our stacks."""
    return f"{step['type'].rpartition(':')[2]} {step['urn'].rpartition('::')[2]}"


def forms(planted: str) -> tuple[str, ...]:
    """The text itself, and as Kubernetes and Redis write passwords without a key."""
    content = planted.encode()
    return planted, base64.b64encode(content).decode(), hashlib.sha256(content).hexdigest()
