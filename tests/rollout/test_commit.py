"""``--commit``: one file into the history of a real git repository, and nothing else of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from rf.deploy.runner import SubprocessRunner
from rf.errors import BadInputError
from rf.rollout.git import Repository

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on PATH")

FILE = "Pulumi.local.yaml"
IDENTITY = {
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.test",
    "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.test",
}  # fmt: skip


@dataclass
class Checkout:
    """A repository with one commit, whose stack file and another one were changed since."""

    root: Path
    env: dict[str, str]

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=self.env, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    @property
    def stack_file(self) -> Path:
        return self.root / "infra" / FILE

    @property
    def repository(self) -> Repository:
        return Repository(
            root=self.stack_file.parent, runner=SubprocessRunner(limit=60), env=self.env
        )

    def commit(self) -> str:
        return self.repository.commit(self.stack_file, "Rollout: promoted")

    def branch(self, name: str) -> str:
        return self.repository.branch(self.stack_file, "Rollout: promoted", name)

    def changed_in(self, revision: str) -> list[str]:
        return self.git("show", "--format=", "--name-only", revision).splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    plain = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    apart = {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    found = Checkout(tmp_path / "checkout", {**plain, **apart, **IDENTITY})
    found.stack_file.parent.mkdir(parents=True)
    found.git("init", "--quiet", "--initial-branch=main")
    found.stack_file.write_text("weight: 0\n")
    (found.root / "other").write_text("1\n")
    found.git("add", ".")
    found.git("commit", "--quiet", "--message=first")
    found.stack_file.write_text("weight: 10\n")
    (found.root / "other").write_text("2\n")
    return found


def test_the_stack_file_alone_is_committed_and_what_is_staged_stays_staged(
    checkout: Checkout,
) -> None:
    checkout.git("add", "other")

    said = checkout.commit()

    assert said == f"committed {FILE} on main"
    assert checkout.changed_in("HEAD") == [f"infra/{FILE}"]
    assert checkout.git("status", "--porcelain") == "M  other"


def test_a_file_that_is_staged_already_is_committed_as_it_is_on_disk(checkout: Checkout) -> None:
    checkout.git("add", ".")
    checkout.stack_file.write_text("weight: 50\n")

    checkout.commit()

    assert checkout.git("show", f"HEAD:infra/{FILE}") == "weight: 50"
    assert checkout.git("status", "--porcelain") == "M  other"


def test_nothing_new_makes_no_commit(checkout: Checkout) -> None:
    before = checkout.git("rev-parse", "HEAD")
    checkout.stack_file.write_text("weight: 0\n")

    assert checkout.commit() == f"{FILE} is committed as it is"
    assert checkout.git("rev-parse", "HEAD") == before


def test_a_branch_for_a_pull_request_leaves_index_and_working_tree_alone(
    checkout: Checkout,
) -> None:
    checkout.git("add", "other")
    before = checkout.git("status", "--porcelain"), checkout.git("rev-parse", "HEAD")

    said = checkout.branch("rollout/triton")

    assert said == f"committed {FILE} on the branch rollout/triton"
    assert checkout.changed_in("rollout/triton") == [f"infra/{FILE}"]
    assert checkout.git("rev-parse", "rollout/triton^") == before[1]
    assert (checkout.git("status", "--porcelain"), checkout.git("rev-parse", "HEAD")) == before


def test_a_branch_with_commits_of_its_own_is_not_overwritten(checkout: Checkout) -> None:
    checkout.branch("rollout/triton")
    before = checkout.git("rev-parse", "rollout/triton")
    checkout.stack_file.write_text("weight: 50\n")

    with pytest.raises(BadInputError, match="has other commits"):
        checkout.branch("rollout/triton")
    assert checkout.git("rev-parse", "rollout/triton") == before


@pytest.mark.parametrize(
    ("name", "said"),
    [("main", "is checked out; use --commit alone"), ("a..b", "is no name of a branch")],
)
def test_a_branch_that_cannot_be_is_refused(checkout: Checkout, name: str, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        checkout.branch(name)


def test_a_detached_head_holds_no_commit_but_takes_a_branch(checkout: Checkout) -> None:
    checkout.git("checkout", "--quiet", "--detach")

    with pytest.raises(BadInputError, match=r"detached HEAD.*--branch NAME"):
        checkout.commit()
    assert "on the branch fixed" in checkout.branch("fixed")


def test_a_hook_that_refuses_is_quoted_and_nothing_else_is_staged(checkout: Checkout) -> None:
    hook = checkout.root / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\necho no weights on Fridays\nexit 1\n")
    hook.chmod(0o755)

    with pytest.raises(BadInputError, match="git commit ended with 1: no weights on Fridays"):
        checkout.commit()
    assert checkout.git("diff", "--cached", "--name-only") == ""


def test_without_an_identity_it_says_what_to_set(checkout: Checkout) -> None:
    checkout.env = {key: value for key, value in checkout.env.items() if key not in IDENTITY}
    checkout.git("config", "user.useConfigOnly", "true")

    with pytest.raises(BadInputError, match=r"set user\.name and user\.email"):
        checkout.commit()


def test_outside_a_repository_it_says_so(checkout: Checkout) -> None:
    shutil.rmtree(checkout.root / ".git")

    with pytest.raises(BadInputError, match="is in no git repository"):
        checkout.commit()


def test_without_git_it_says_so(checkout: Checkout) -> None:
    checkout.env["PATH"] = str(checkout.root)

    with pytest.raises(BadInputError, match="there is no git on PATH"):
        checkout.commit()
