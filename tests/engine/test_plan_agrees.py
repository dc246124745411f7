"""The offline plan against the real engine, on a program that needs no provider plugin.

Dynamic resources are served by the language plugin that comes with the CLI, so this runs wherever
``pulumi`` is on PATH. The preview works on a backend, a home and a project of its own.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rf.plan.model import SECRET, UNKNOWN, Plan, Value
from rf.plan.run import plan_stacks
from rf.project import find_project
from tests.plan_projects import write_project

if shutil.which("pulumi") is None:
    pytest.skip(
        "pulumi is not on PATH; get it with `make up` or from pulumi.com/docs/install",
        allow_module_level=True,
    )

PROGRAM = """
    from pulumi import Output, ResourceOptions, dynamic

    class Thing(dynamic.Resource):
        def __init__(self, name, inputs, opts=None):
            super().__init__(dynamic.ResourceProvider(), name, inputs, opts)

    class Group(pulumi.ComponentResource):
        def __init__(self, name, opts=None):
            plain = {"list": [1, 2.5, True]}
            inputs = {"size": 2, "token": Output.secret("hidden"), "plain": plain}
            super().__init__("test:index:Group", name, inputs, opts)
            below = ResourceOptions(parent=self)
            first = Thing(f"{name}-first", {"on": {"a": ["b"]}}, below)
            Thing(
                f"{name}-second",
                {"first": first.id, "token": Output.secret({"a": "hidden"}), "size": 2},
                ResourceOptions(parent=first, depends_on=[first]),
            )
            self.register_outputs({"first": first.id})

    outer = Group("outer")
    Group("inner", ResourceOptions(parent=outer))
    password = pulumi.Config().require_secret("password")
    Thing("top", {"password": password, "size": pulumi.Config().get("size")})
    pulumi.export("password", password)
"""
SETTINGS = 'SECRETS = {"password": "what it is for"}'
MARKERS = {"[secret]": SECRET, "04da6b54-80e4-46f7-96ec-b56ff0331ba9": UNKNOWN}
# What the SDK or the engine adds to inputs on the way, and why a plan cannot have it.
NOT_COMPARED = {"__provider": "the pickled code of a dynamic provider"}


def engine(project: Path, *arguments: str, text: str | None = None) -> str:
    """Run the CLI on ``project`` with a backend and a home beside it; its standard output."""
    own = {
        "PULUMI_BACKEND_URL": f"file://{project.parent}/state",
        "PULUMI_HOME": f"{project.parent}/home",
        "PULUMI_CONFIG_PASSPHRASE": "only for this test",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }
    done = subprocess.run(
        ["pulumi", "--non-interactive", *arguments],
        cwd=project,
        env={**os.environ, **own},
        input=text,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with an encrypted password, on a local backend."""
    root = tmp_path_factory.mktemp("engine") / "project"
    root.mkdir()
    (root.parent / "state").mkdir()
    write_project(root, PROGRAM, {"dev": "config:\n  demo:size: 2\n"}, SETTINGS)
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
    (root / "Pulumi.yaml").write_text(json.dumps({"name": "demo", "runtime": runtime}))
    engine(root, "stack", "init", "dev")
    engine(root, "config", "set", "--secret", "password", text="hunter2")
    return root


@pytest.fixture(scope="module")
def previewed(project: Path) -> dict[str, dict[str, Any]]:
    """What the engine would create, by URN, the stack itself left out."""
    steps = json.loads(engine(project, "preview", "--json"))["steps"]
    states = [step["newState"] for step in steps]
    return {state["urn"]: state for state in states if state.get("parent")}


@pytest.fixture(scope="module")
def planned(project: Path) -> Plan:
    """The offline plan of the same project, made after the engine has seen it."""
    (plan,) = plan_stacks(find_project(project), ["dev"])
    return plan


def as_plan_value(value: Any) -> Value:
    """A value of the engine's JSON with the plan's own markers."""
    if isinstance(value, dict):
        return {key: as_plan_value(item) for key, item in value.items() if key not in NOT_COMPARED}
    if isinstance(value, list):
        return [as_plan_value(item) for item in value]
    shown: Value = MARKERS.get(value, value)
    return shown


def test_the_same_resources_have_the_same_urns_types_and_parents(
    planned: Plan, previewed: dict[str, dict[str, Any]]
) -> None:
    offline = {r.urn: (r.type, r.parent, r.custom) for r in planned.resources}
    real = {urn: (s["type"], s["parent"], s["custom"]) for urn, s in previewed.items()}

    assert len(offline) == 7
    assert offline == real


def test_the_same_inputs_are_known_secret_or_unknown(
    planned: Plan, previewed: dict[str, dict[str, Any]]
) -> None:
    offline = {
        r.urn: {key: value for key, value in r.inputs.items() if key not in NOT_COMPARED}
        for r in planned.resources
    }
    real = {urn: as_plan_value(state.get("inputs", {})) for urn, state in previewed.items()}

    assert offline == real


def test_the_same_dependencies_are_seen(
    planned: Plan, previewed: dict[str, dict[str, Any]]
) -> None:
    offline = {r.urn: list(r.dependencies) for r in planned.resources}
    real = {urn: sorted(state.get("dependencies", [])) for urn, state in previewed.items()}

    assert offline == real


def test_the_encrypted_password_is_neither_to_be_set_nor_read(planned: Plan) -> None:
    assert planned.secrets_to_set == ()
    assert planned.outputs == {"password": SECRET}
