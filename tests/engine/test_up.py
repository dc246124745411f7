"""``rf up`` and ``rf down`` with the real Pulumi CLI, on programs that need no provider plugin.

What stands in for Docker is a script that says yes to everything: nothing here starts a container.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from rf.deploy.folder import LocalFolder
from tests.deployments import CLUSTER, LOCAL, PROGRAM, write_project, write_stack

if shutil.which("pulumi") is None:
    pytest.skip(
        "pulumi is not on PATH; get it with `make up` or from pulumi.com/docs/install",
        allow_module_level=True,
    )

RF = "import sys; from rf.deploy.command import down, up; sys.exit({}('{}', yes=True))"
WAITING = """
import time
from pathlib import Path
from pulumi import dynamic


class Slow(dynamic.ResourceProvider):
    def create(self, props):
        Path(props["flag"]).touch()
        time.sleep(props["seconds"])
        return dynamic.CreateResult("made", props)


class Thing(dynamic.Resource):
    pass


flag = Path("started").resolve()
first = Thing(Slow(), "first", {"flag": str(flag), "seconds": 0 if flag.exists() else 3})
"""
BY_HAND = {"PULUMI_CONFIG_PASSPHRASE": "by hand"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project in a folder whose name has a space, beside a stand-in for Docker."""
    docker = tmp_path / "stand-in/docker"
    docker.parent.mkdir()
    docker.write_text("#!/bin/sh\nexit 0\n")
    docker.chmod(0o755)
    project = tmp_path / "the project"
    project.mkdir()
    return write_project(project)


@pytest.fixture(autouse=True)
def users_own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home that must stay empty, and none of the variables of whoever runs the tests."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("PULUMI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    yield home
    assert list(home.glob(".pulumi*")) == []


def start(
    root: Path, operation: str, stack: str = "local", **variables: str
) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(root.parent / "stand-in"), os.environ["PATH"]])
    here = str(Path.cwd())
    return subprocess.Popen(
        [sys.executable, "-c", RF.format(operation, stack)],
        cwd=root,
        env={**os.environ, "PATH": path, "PYTHONPATH": here, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(root: Path, operation: str, stack: str = "local", **variables: str) -> str:
    """Run ``rf`` to its end; what it wrote. The status must be 0."""
    process = start(root, operation, stack, **variables)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output[-2000:]
    return output


def copy(root: Path, stack: str = "local") -> Path:
    return root / f".pulumi-local/Pulumi.{stack}.yaml"


def pulumi(root: Path, *arguments: str, **variables: str) -> str:
    """Run the CLI itself; its standard output."""
    done = subprocess.run(
        ["pulumi", *arguments],
        cwd=root,
        env={**os.environ, **variables},
        input="a value",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def outputs(root: Path) -> dict[str, object]:
    """Outputs of the local stack, secrets in clear."""
    folder = LocalFolder(root=root / ".pulumi-local")
    own = {
        "PULUMI_HOME": str(folder.home),
        "PULUMI_BACKEND_URL": folder.state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder.passphrase),
    }
    shown = pulumi(root, "stack", "output", "--json", "--show-secrets", "--stack", "local", **own)
    found: dict[str, object] = json.loads(shown)
    return found


def test_the_local_stack_comes_up_with_secrets_of_its_own_and_stays_as_it_is(root: Path) -> None:
    committed = write_stack(root, LOCAL)
    before = committed.read_bytes()

    first = run(root, "up")
    deployed = outputs(root)
    second = run(root, "up")

    assert "1 created" in first
    assert "1 unchanged" in second
    assert deployed["platform"] == LOCAL
    assert len(str(deployed["password"])) >= 43, "256 bits in base64"
    assert outputs(root) == deployed
    assert committed.read_bytes() == before


def test_secrets_are_encrypted_wherever_they_are_on_disk(root: Path) -> None:
    write_stack(root, LOCAL)

    output = run(root, "up")
    password = str(outputs(root)["password"])

    files = [path for path in root.rglob("*") if path.is_file()]
    config = yaml.safe_load(copy(root).read_text())["config"]
    assert [path for path in files if password.encode() in path.read_bytes()] == []
    assert password not in output
    assert list(config["researchflow-ai:redisPassword"]) == ["secure"]
    assert list(config["researchflow-ai:grafanaAdminPassword"]) == ["secure"]


def test_an_edit_of_the_committed_file_reaches_the_stack_and_secrets_stay(root: Path) -> None:
    write_stack(root, LOCAL)
    run(root, "up")
    password = outputs(root)["password"]

    write_stack(root, {**LOCAL, "log_level": "debug"})
    run(root, "up")

    assert outputs(root) == {"platform": {**LOCAL, "log_level": "debug"}, "password": password}


def test_down_removes_what_up_deployed_and_up_brings_it_back(root: Path) -> None:
    write_stack(root, LOCAL)
    run(root, "up")
    password = outputs(root)["password"]

    output = run(root, "down")

    assert "1 deleted" in output
    run(root, "up")
    assert outputs(root)["password"] == password


def test_a_program_that_fails_ends_in_status_1_and_its_own_words(root: Path) -> None:
    write_stack(root, LOCAL)
    (root / "__main__.py").write_text(PROGRAM + "raise pulumi.RunError('as it must')\n")

    process = start(root, "up")
    output, _ = process.communicate(timeout=120)

    assert process.returncode == 1
    assert "as it must" in output


def test_an_interrupt_lets_the_cli_wind_down_and_leaves_no_lock(root: Path) -> None:
    write_stack(root, LOCAL)
    (root / "__main__.py").write_text(WAITING)
    process = start(root, "up")
    deadline = time.monotonic() + 60
    while not (root / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)

    locks = [path for path in (root / ".pulumi-local/state").rglob("locks/**/*") if path.is_file()]
    assert process.returncode == 1
    assert "cancel" in output.lower()
    assert locks == []
    assert "unchanged" in run(root, "up"), "what was under way was finished and recorded"


def test_a_shared_stack_uses_the_backend_and_the_secrets_of_the_team(
    root: Path, tmp_path: Path
) -> None:
    platform = {**CLUSTER}
    committed = write_stack(root, platform, stack="staging")
    backend = tmp_path / "team"
    backend.mkdir()
    team = {"PULUMI_BACKEND_URL": backend.as_uri(), **BY_HAND}
    alone = {**team, "PULUMI_HOME": str(tmp_path / "colleague")}
    pulumi(root, "stack", "init", "staging", **alone)
    for name in ("redisPassword", "grafanaAdminPassword", "kubeconfig"):
        pulumi(root, "config", "set", "--stack", "staging", "--secret", name, **alone)
    before = committed.read_bytes()

    output = run(root, "up", "staging", **team)

    shown = pulumi(root, "stack", "output", "--json", "--show-secrets", "-s", "staging", **alone)
    assert "1 created" in output
    assert json.loads(shown) == {"platform": platform, "password": "a value"}
    assert committed.read_bytes() == before
    assert not (root / ".pulumi-local/passphrase").exists()


def test_a_wrong_passphrase_is_one_line(root: Path, tmp_path: Path) -> None:
    write_stack(root, LOCAL)
    run(root, "up", **BY_HAND)

    process = start(root, "up", PULUMI_CONFIG_PASSPHRASE="another")
    output, _ = process.communicate(timeout=120)

    assert process.returncode == 1
    assert "incorrect passphrase" in output
    assert tmp_path.exists()
