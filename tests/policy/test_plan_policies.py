"""What ``rf plan`` tells of the policies, and what an update is refused for before it begins."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from policies import ahead as before_update
from rf.cli import run
from tests.plan_projects import write_project

PROGRAM = """

    config = pulumi.Config()
    password = config.require_secret("password")
    unknown = pulumi.CustomResource(
        "kubernetes:core/v1:Secret", "first", {"kind": "Secret", "stringData": {"a": password}}
    )
    container = {
        "name": "a",
        "image": "ghcr.io/test/a:1",
        "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "securityContext": {
            "privileged": unknown.id.apply(bool),
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    spec = {
        "hostNetwork": config.require_bool("host_network"),
        "serviceAccountName": "a",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    inputs = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "it", "namespace": "ai"}}
    pulumi.CustomResource("kubernetes:core/v1:Pod", "it", {**inputs, "spec": spec})
"""
SETTINGS = 'SECRETS = {"password": "what it is for"}'
STACK = "config:\n  demo:host_network: {}\n"
RULE = "pod-security-baseline/host-namespaces"
PLACE = "Pod ai/it spec.hostNetwork"
Rf = Callable[..., tuple[int, str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose stacks are ``good`` and ``bad``."""
    stacks = {"good": STACK.format("false"), "bad": STACK.format("true")}
    return write_project(tmp_path, PROGRAM, stacks, SETTINGS)


@pytest.fixture
def rf(project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Rf:
    """Run ``rf`` on the project; exit status and stdout."""
    monkeypatch.chdir(project)

    def call(*arguments: str) -> tuple[int, str]:
        status = run(arguments)
        return status, capfd.readouterr().out

    return call


def test_a_mandatory_violation_is_told_under_its_stack_and_ends_in_status_9(rf: Rf) -> None:
    status, output = rf("plan", "good", "bad")

    good, _, bad = output.partition("\nbad  demo")
    assert status == 9
    assert RULE not in good
    assert f"mandatory  {RULE}  {PLACE}: must not be true" in bad
    assert "to do: remove hostNetwork, hostPID and hostIPC" in bad


def test_what_is_undecided_is_told_and_refuses_nothing(rf: Rf) -> None:
    status, output = rf("plan", "good")

    path = "spec.containers[0].securityContext.privileged"
    line = f"undecided  pod-security-baseline/privileged  Pod ai/it {path}: must not be true"
    assert status == 0
    assert f"{line} (unknown until the resource is made)" in output


def test_the_json_of_a_plan_has_the_findings_and_the_same_status(rf: Rf) -> None:
    status, output = rf("plan", "bad", "--json")

    (stack,) = json.loads(output)["stacks"]
    found = [each for each in stack["policies"]["results"] if each["outcome"] == "violation"]
    mandatory = [(each["rule"], each["path"]) for each in found if each["level"] == "mandatory"]
    assert status == 9
    assert stack["policies"]["blocks"] is True
    assert mandatory == [(RULE, "spec.hostNetwork")]


# Before an update


@pytest.mark.parametrize(
    ("pack", "expected"),
    [("security", [f"[{RULE}] {PLACE}: must not be true"]), ("thresholds", [])],
)
def test_an_update_is_refused_by_each_pack_for_what_its_own_config_leads_to(
    pack: str, expected: list[str], project: Path
) -> None:
    config = {"demo:host_network": "true", "demo:password": "hunter2"}

    done = subprocess.run(
        [sys.executable, "-P", "-m", "rf.policy.ahead", str(project), "good", pack],
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        input=json.dumps(config),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert [message.splitlines()[0] for message in json.loads(done.stdout)] == expected
    assert "hunter2" not in done.stdout


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        ({"PULUMI_DRY_RUN": "false", "PULUMI_PROJECT": "researchflow-ai"}, True),
        ({"PULUMI_DRY_RUN": "true", "PULUMI_PROJECT": "researchflow-ai"}, False),
        ({"PULUMI_DRY_RUN": "false", "PULUMI_PROJECT": "another"}, False),
        ({}, False),
    ],
)
def test_only_updates_of_our_own_program_are_planned_ahead(
    variables: dict[str, str],
    asked: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    note = tmp_path / "asked"
    planner = tmp_path / "stand_in_planner.py"
    planner.write_text(f"open({str(note)!r}, 'w')\nprint('[\"no\"]')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(before_update, "PLANNER", planner.stem)
    for name in ("PULUMI_DRY_RUN", "PULUMI_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"PULUMI_STACK": "staging", **variables}.items():
        monkeypatch.setenv(name, value)

    assert before_update.refused("security") == (["no"] if asked else [])
    assert note.exists() is asked


def test_a_program_that_cannot_be_planned_is_left_to_the_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "stand_in_failure.py").write_text("raise SystemExit(3)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(before_update, "PLANNER", "stand_in_failure")
    monkeypatch.setenv("PULUMI_DRY_RUN", "false")
    monkeypatch.setenv("PULUMI_PROJECT", "researchflow-ai")
    monkeypatch.setenv("PULUMI_STACK", "staging")

    assert before_update.refused("security") == []
