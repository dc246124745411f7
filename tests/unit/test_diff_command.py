"""``rf plan --diff`` from the outside: a small git repository in, a comment and a status out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rf.cli import run
from tests.conftest import Rf
from tests.plan_projects import STACK_YAML, write_project

PROGRAM = """
    from settings import NAMES, content
    for name in NAMES:
        inputs = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}}
        pulumi.CustomResource("kubernetes:core/v1:PersistentVolumeClaim", name, inputs)
    pulumi.CustomResource("test:index:Web", "web", {"envs": [content()]})
    pulumi.Config().require_int("size")
"""
BEFORE = """
NAMES = ("a", "b")
def content(): return "the old word"
"""
AFTER = """
NAMES = ("b", "c")
def content():
    import pulumi
    return pulumi.Output.secret("the new word")
"""


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.test")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "a state")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of one project, with its first state committed."""
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    write_project(tmp_path, PROGRAM, {"dev": STACK_YAML}, BEFORE)
    (tmp_path / ".gitignore").write_text("__pycache__/\n.rf/\n")
    commit(tmp_path)
    return tmp_path


@pytest.fixture
def rf(repository: Path, monkeypatch: pytest.MonkeyPatch, command_line: Rf) -> Rf:
    """Run ``rf`` inside the repository: exit status, stdout and stderr."""
    monkeypatch.chdir(repository)
    monkeypatch.setenv("TMPDIR", str(repository.parent))
    return command_line


def test_each_side_is_planned_with_its_own_modules(rf: Rf, repository: Path) -> None:
    (repository / "settings.py").write_text(AFTER)

    status, out, _ = rf("plan", "--diff", "main", "--json")

    (stack,) = json.loads(out)["stacks"]
    assert status == 0
    assert [(each["action"], each["name"]) for each in stack["changes"]] == [
        ("delete", "a"),
        ("update", "web"),
        ("create", "c"),
    ]
    assert json.loads(out)["dangerous"] is True


def test_a_value_that_is_a_secret_on_one_side_is_shown_on_neither(rf: Rf, repository: Path) -> None:
    (repository / "settings.py").write_text(AFTER)

    _, data, _ = rf("plan", "--diff", "main", "--json", "--markdown", "comment.md")

    told = data + (repository / "comment.md").read_text()
    assert "a secret" in told
    assert "word" not in told


def test_without_a_difference_the_comment_says_so_and_nothing_is_left_behind(
    rf: Rf, repository: Path
) -> None:
    before = {*repository.parent.iterdir()}

    status, out, _ = rf("plan", "--diff", "HEAD")

    assert status == 0
    assert "Nothing, in dev." in out
    assert {*repository.parent.iterdir()} == before


def test_a_stack_that_does_not_plan_is_told_and_is_an_error(rf: Rf, repository: Path) -> None:
    (repository / "settings.py").write_text("NAMES = undefined")

    status, out, _ = rf("plan", "--diff", "main")

    assert status == 1
    assert "**dev does not plan:**" in out
    assert "NameError: name 'undefined' is not defined (settings.py:1)" in out


def test_a_base_that_does_not_plan_is_told_and_is_no_error(rf: Rf, repository: Path) -> None:
    (repository / "settings.py").write_text("NAMES = undefined")
    commit(repository)
    (repository / "settings.py").write_text(AFTER)

    status, out, _ = rf("plan", "--diff", "main")

    assert status == 0
    assert "dev did not plan before, so there is nothing to compare it with:" in out
    assert "settings.py:1" in out
    assert str(repository.parent) not in out


def test_stacks_may_come_and_go(rf: Rf, repository: Path) -> None:
    (repository / "Pulumi.dev.yaml").rename(repository / "Pulumi.test.yaml")

    status, out, _ = rf("plan", "--diff", "main")

    assert status == 0
    assert "test is a new stack." in out
    assert "dev: its file is gone. What it deployed stays until `pulumi destroy`." in out
    assert "deleted" not in out


def test_a_secret_that_is_encrypted_anew_is_told_without_its_value(
    rf: Rf, repository: Path
) -> None:
    with (repository / "Pulumi.dev.yaml").open("a") as file:
        file.write("  demo:word:\n    secure: v1:ciphertext\n")
    (repository / "__main__.py").write_text(
        (repository / "__main__.py").read_text() + 'pulumi.Config().require_secret("word")\n'
    )

    status, out, _ = rf("plan", "--diff", "main")

    assert status == 0
    assert "dev: secret `word`: set" in out
    assert "ciphertext" not in out


def test_an_unknown_revision_is_the_users_mistake(rf: Rf) -> None:
    status, out, err = rf("plan", "--diff", "--output=x")

    assert (status, out) == (1, "")
    assert "there is no revision '--output=x' here" in err


def test_an_unknown_stack_is_the_users_mistake(rf: Rf) -> None:
    status, _, err = rf("plan", "--diff", "main", "tset")

    assert status == 1
    assert "there is no stack 'tset'; stacks: dev" in err


def test_a_folder_without_git_is_the_users_mistake(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    root = write_project(tmp_path_factory.mktemp("bare"), "")
    monkeypatch.chdir(root)

    assert run(["plan", "--diff", "main"]) == 1
    assert "not a git repository" in capfd.readouterr().err


def test_the_process_that_plans_knows_nothing_of_this_program() -> None:
    own = "{'settings', 'components', 'policies', 'cost', 'alerts', 'dashboards'}"
    asked = f"import sys, rf.plan.child; print({own} & sys.modules.keys())"

    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
