"""``rf up`` and ``rf down`` with the real Pulumi CLI, on programs that need no provider plugin.

What stands in for Docker is a script that says yes to everything: nothing here starts a container.
"""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployments import CLUSTER, LOCAL, PROGRAM, write_stack
from tests.engine.local_project import (
    PATIENCE_SECONDS,
    make_project,
    outputs,
    own,
    pulumi,
    run,
    secure,
    start,
)

if shutil.which("pulumi") is None:
    pytest.skip(
        "pulumi is not on PATH; get it with `make up` or from pulumi.com/docs/install",
        allow_module_level=True,
    )

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
first = Thing(Slow(), "first", {"flag": str(flag), "seconds": 3})
"""
BY_HAND = {"PULUMI_CONFIG_PASSPHRASE": "by hand"}


@pytest.fixture(scope="module", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home that must stay free of Pulumi, and none of the variables of whoever runs the tests."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PULUMI_")]:
            patch.delenv(name)
        patch.setenv("HOME", str(home))
        # The CLI fetches the plugin of every provider SDK it sees, and these programs need none.
        patch.setenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
        yield home
    assert list(home.glob(".pulumi*")) == []


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project in which nothing has been deployed."""
    return make_project(tmp_path)


@pytest.fixture(scope="module")
def first_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project right after its first ``rf up local``, and what that wrote."""
    project = make_project(tmp_path_factory.mktemp("first"))
    write_stack(project, LOCAL)
    return project, run(project, "up")


@pytest.fixture
def deployed(first_up: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of that project, with its state and secrets."""
    shutil.copytree(first_up[0].parent, tmp_path / "copy")
    return tmp_path / "copy" / first_up[0].name


def test_the_local_stack_comes_up_with_secrets_of_its_own(first_up: tuple[Path, str]) -> None:
    project, output = first_up

    found = outputs(project)

    assert "1 created" in output
    assert found["platform"] == LOCAL
    assert len(str(found["password"])) >= 43, "256 bits in base64"


def test_up_again_changes_nothing_in_the_stack_or_the_committed_file(deployed: Path) -> None:
    committed = deployed / "Pulumi.local.yaml"
    before = committed.read_bytes()
    password = secure(deployed, "redisPassword")

    output = run(deployed, "up")

    assert "1 unchanged" in output
    assert secure(deployed, "redisPassword") == password
    assert committed.read_bytes() == before


def test_secrets_are_encrypted_wherever_they_are_on_disk(first_up: tuple[Path, str]) -> None:
    project, output = first_up

    password = str(outputs(project)["password"])

    files = [path for path in project.rglob("*") if path.is_file()]
    assert [path for path in files if password.encode() in path.read_bytes()] == []
    assert password not in output
    assert secure(project, "redisPassword") != secure(project, "grafanaAdminPassword")


def test_an_edit_of_the_committed_file_reaches_the_stack_and_secrets_stay(deployed: Path) -> None:
    password = outputs(deployed)["password"]

    write_stack(deployed, {**LOCAL, "log_level": "debug"})
    run(deployed, "up")

    assert outputs(deployed) == {
        "platform": {**LOCAL, "log_level": "debug"},
        "password": password,
    }


def test_down_removes_what_up_deployed_and_keeps_the_secrets(deployed: Path) -> None:
    password = secure(deployed, "redisPassword")

    output = run(deployed, "down")

    assert "1 deleted" in output
    assert outputs(deployed) == {}
    assert secure(deployed, "redisPassword") == password


def test_a_program_that_fails_ends_in_status_1_and_its_own_words(root: Path) -> None:
    write_stack(root, LOCAL)
    (root / "__main__.py").write_text(PROGRAM + "raise pulumi.RunError('as it must')\n")

    process = start(root, "up")
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 1
    assert "as it must" in output


def test_an_interrupt_lets_the_cli_wind_down_and_leaves_no_lock(root: Path) -> None:
    write_stack(root, LOCAL)
    (root / "__main__.py").write_text(WAITING)
    process = start(root, "up")
    deadline = time.monotonic() + 120
    while not (root / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)

    locks = [path for path in (root / ".pulumi-local/state").rglob("locks/**/*") if path.is_file()]
    state = json.loads(pulumi(root, "stack", "export", "--stack", "local", **own(root)))
    recorded = [
        resource["urn"].rpartition("::")[2] for resource in state["deployment"]["resources"]
    ]
    assert process.returncode == 1
    assert "cancel" in output.lower()
    assert locks == []
    assert "first" in recorded, "what was under way was finished"
    assert not state["deployment"].get("pending_operations")


def test_a_shared_stack_uses_the_backend_and_the_secrets_of_the_team(
    root: Path, tmp_path: Path
) -> None:
    committed = write_stack(root, CLUSTER, stack="staging")
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
    assert json.loads(shown) == {"platform": CLUSTER, "password": "a value"}
    assert committed.read_bytes() == before
    assert not (root / ".pulumi-local/passphrase").exists()


def test_a_wrong_passphrase_ends_in_status_1_and_says_so(deployed: Path) -> None:
    process = start(deployed, "up", PULUMI_CONFIG_PASSPHRASE="another")
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 1
    assert "incorrect passphrase" in output
    assert len(output.splitlines()) == 1
