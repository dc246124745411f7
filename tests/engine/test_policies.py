"""The real engine with our packs, on a small program whose provider is a stand-in."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from policies.packs import every_rule
from tests.engine.conftest import on_engine
from tests.engine.deployment import Deployment
from tests.engine.packs import NAMES, RUNTIME, copy_packs, findings_in, state_of
from tests.engine.plugins import environment, require_pulumi, write_stand_ins
from tests.policy.analyzer import Analyzer

require_pulumi()

PROGRAM = """
import pulumi
from pulumi_kubernetes import Provider
from pulumi_kubernetes.core.v1 import ConfigMap, Pod, Secret

LIMITS = {"cpu": "1", "memory": "1Gi"}
config = pulumi.Config()
opts = pulumi.ResourceOptions(provider=Provider("cluster", kubeconfig="{}"))
settings = ConfigMap("settings", metadata={"name": "settings", "namespace": "ai"}, opts=opts)
secret = Secret(
    "token",
    metadata={"name": "token", "namespace": "ai"},
    string_data={"token": config.require_secret("token")},
    opts=opts,
)
pod = Pod(
    "server",
    metadata={"name": "server", "namespace": "ai"},
    spec={
        "serviceAccountName": "server",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"},
        },
        "hostNetwork": config.require_bool("host_network"),
        "containers": [{
            "name": "server",
            "image": "ghcr.io/test/server@sha256:" + "0" * 64,
            "resources": {"requests": LIMITS, "limits": LIMITS},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
        }],
    },
    opts=opts,
)
"""
PRIVILEGED = """{
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }"""
PLANTED = "planted-in-a-secret"
SETTINGS = quote("kubernetes:core/v1:ConfigMap ai/settings", safe="")
TOKEN = quote("kubernetes:core/v1:Secret ai/token", safe="")
SERVER = quote("kubernetes:core/v1:Pod ai/server", safe="")


def pod(**spec: Any) -> dict[str, Any]:
    """A pod that is careless in many ways."""
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a"}], **spec}}


MANIFESTS: Mapping[str, Mapping[str, Any]] = {
    "careless": pod(),
    "host": pod(hostNetwork=True, hostPID=True),
    "volume": pod(volumes=[{"name": "data", "hostPath": {"path": "/"}}]),
    "root": pod(securityContext={"runAsUser": 0, "runAsNonRoot": False}),
}


@dataclass(frozen=True, kw_only=True)
class Project:
    """A program in a folder of its own, with a stack called ``test``."""

    root: Path
    plugins: Path
    packs: tuple[str, ...]

    def pulumi(self, *arguments: str, text: str | None = None) -> tuple[int, str]:
        """How ``pulumi ARGUMENTS`` ended and all it wrote, without any secret."""
        done = subprocess.run(
            ["pulumi", "--non-interactive", *arguments],
            cwd=self.root / "project",
            env=environment(self.root, self.plugins),
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert PLANTED not in done.stdout
        return done.returncode, done.stdout

    def write(self, program: str) -> None:
        """Make ``program`` the project's."""
        (self.root / "project/__main__.py").write_text(program)

    def made(self) -> list[str]:
        """What the stand-in provider has made."""
        return sorted(path.name for path in (self.root / "world").iterdir())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The program and a copy of our packs, which run in the environment of these tests."""
    for folder in ("state", "home", "world", "plugins", "project"):
        (tmp_path / folder).mkdir()
    write_stand_ins(tmp_path / "plugins", ["aws", "kubernetes"])
    (tmp_path / "project/Pulumi.yaml").write_text(json.dumps({"name": "p", "runtime": RUNTIME}))
    packs = copy_packs(tmp_path / "project/policies")
    found = Project(root=tmp_path, plugins=tmp_path / "plugins", packs=packs)
    found.write(PROGRAM)
    found.pulumi("stack", "init", "test")
    found.pulumi("config", "set", "host_network", "true")
    found.pulumi("config", "set", "--secret", "token", text=PLANTED)
    return found


# What is refused


def test_an_update_without_a_preview_makes_nothing_if_anything_is_refused(project: Project) -> None:
    status, output = project.pulumi("up", "--yes", "--skip-preview", *project.packs)

    assert status != 0
    assert "[pod-security-baseline/host-namespaces] Pod ai/server spec.hostNetwork" in output
    assert project.made() == []


def test_what_was_unknown_is_told_in_the_preview_and_refused_once_it_is_known(
    project: Project,
) -> None:
    project.write(PROGRAM.replace(PRIVILEGED, 'settings.id.apply(lambda _: {"privileged": True})'))
    project.pulumi("config", "set", "host_network", "false")

    previewed, told = project.pulumi("preview", *project.packs)
    updated, refusal = project.pulumi("up", "--yes", "--skip-preview", *project.packs)

    place = "[pod-security-baseline/privileged] Pod ai/server spec.containers[0].securityContext"
    assert previewed == 0
    assert f"{place}: must not be true; undecided: unknown until the resource is made" in told
    assert updated != 0
    assert f"{place}.privileged: must not be true" in refusal
    assert SERVER not in project.made()


def test_a_config_that_names_an_unknown_rule_ends_the_preview_with_its_name(
    project: Project,
) -> None:
    config = project.root / "config.json"
    config.write_text(json.dumps({"security": {"rules": {"pod-security/typo": {}}}}))
    pack = str(project.root / "project/policies/security")

    status, output = project.pulumi(
        "preview", "--policy-pack", pack, "--policy-pack-config", str(config)
    )

    assert status != 0
    assert "rules.pod-security/typo: unknown rule" in output


def test_a_pack_that_cannot_start_keeps_everything_from_being_made(project: Project) -> None:
    project.pulumi("config", "set", "host_network", "false")
    (project.root / "project/policies/thresholds/__main__.py").write_text("raise SystemExit(1)")

    status, _ = project.pulumi("up", "--yes", "--skip-preview", *project.packs)

    assert status != 0
    assert project.made() == []


# What is accepted


def test_an_update_that_breaks_no_rule_is_made(project: Project) -> None:
    project.pulumi("config", "set", "host_network", "false")

    status, output = project.pulumi("up", "--yes", "--skip-preview", *project.packs)

    assert status == 0, output
    assert project.made() == [SETTINGS, SERVER, TOKEN]


@on_engine("local", "staging")
def test_our_own_stacks_break_no_rule_and_leave_none_undecided(deployed: Deployment) -> None:
    shutil.rmtree(deployed.project / "policies")

    output = deployed.run("preview", *copy_packs(deployed.project / "policies"))

    for name in NAMES:
        assert f"✅ {name}@" in output, output.partition("Policies:")[2]


# A state file


def test_an_analysis_of_a_state_file_finds_what_the_analyzer_does(project: Project) -> None:
    (project.root / "state.json").write_text(json.dumps(state_of(MANIFESTS)))

    arguments = ("policy", "analyze", "--file", "../state.json", "--json")
    status, output = project.pulumi(*arguments, *project.packs)

    expected = {
        (name, said.rule, said.mandatory)
        for name, manifest in MANIFESTS.items()
        for said in Analyzer(every_rule(), stack="test").apply(manifest)
    }
    assert status != 0
    assert {rule for _, rule, _ in expected} > {"pod-security-baseline/host-namespaces"}
    assert findings_in(output) == expected
