"""Weights that a rollout has committed are pushed, whatever others pushed meanwhile."""

import subprocess
from pathlib import Path

import pytest

from tests.unit.script_tree import MAKEFILE, Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.test")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def upstream(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare repository that the tree was cloned from."""
    folder = tmp_path_factory.mktemp("upstream")
    git(folder, "init", "--quiet", "--bare", "--initial-branch", "main")
    git(tree.root, "init", "--quiet", "--initial-branch", "main")
    git(tree.root, "config", "user.name", "Test")
    git(tree.root, "config", "user.email", "test@example.test")
    git(tree.root, "add", "Makefile")
    git(tree.root, "commit", "--quiet", "--message", "start")
    git(tree.root, "push", "--quiet", str(folder), "main")
    return folder


def change(folder: Path, name: str) -> None:
    (folder / name).write_text(name)
    git(folder, "add", name)
    git(folder, "commit", "--quiet", "--message", name)


def test_weights_are_pushed_on_top_of_what_others_pushed(
    tree: Tree, upstream: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    git(tmp_path, "clone", "--quiet", str(upstream), str(other))
    change(other, "meanwhile")
    git(other, "push", "--quiet", "origin", "main")
    change(tree.root, "weights")

    done = tree.run("scripts/ci/push", environment={"REMOTE": str(upstream)})

    assert done.returncode == 0, done.stderr
    assert git(upstream, "log", "--format=%s", "main").splitlines() == [
        "weights",
        "meanwhile",
        "start",
    ]


def test_without_new_weights_nothing_is_pushed(tree: Tree, upstream: Path) -> None:
    done = tree.run("scripts/ci/push", environment={"REMOTE": str(upstream)})

    assert (done.returncode, done.stdout) == (0, "nothing to push\n")


def test_weights_that_contradict_others_are_an_error_that_says_so(
    tree: Tree, upstream: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    git(tmp_path, "clone", "--quiet", str(upstream), str(other))
    for folder, text in ((other, "one"), (tree.root, "two")):
        (folder / "Makefile").write_text(MAKEFILE + f"# {text}\n")
        git(folder, "commit", "--quiet", "--all", "--message", text)
    git(other, "push", "--quiet", "origin", "main")

    done = tree.run("scripts/ci/push", environment={"REMOTE": str(upstream)})

    assert done.returncode == 1
    assert "::error title=Weights::" in done.stdout
    assert git(tree.root, "log", "-1", "--format=%s") == "two"
