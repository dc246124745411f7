"""The shell of the workflows, run with stand-ins for the programs that it calls.

A stand-in writes down what it was called with, and ends as the test says.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

MAKEFILE = ".venv-run:\n\t@true\n.PHONY: .venv-run\n"
STAND_IN = """#!/usr/bin/env bash
echo "$(basename "$0") $*" >> "$CALLS"
{body}
"""


class Tree:
    """A folder with the scripts, a Makefile and stand-ins."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls = root / "calls"
        self.output = root / "output"
        shutil.copytree("scripts/ci", root / "scripts/ci")
        (root / "Makefile").write_text(MAKEFILE)
        (root / ".venv/bin").mkdir(parents=True)
        (root / "bin").mkdir()

    def stand_in(self, name: str, body: str = "") -> None:
        """``rf`` goes where the scripts expect it, everything else on PATH."""
        path = self.root / (".venv/bin" if name == "rf" else "bin") / name
        path.write_text(STAND_IN.format(body=body))
        path.chmod(0o755)

    def run(
        self, *command: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        given = {
            "PATH": f"{self.root}/bin:{os.environ['PATH']}",
            "HOME": str(self.root),
            "CALLS": str(self.calls),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.root / "summary"),
            "HEALTH_PAUSE": "0",
            "PUSH_PAUSE": "0",
            **(environment or {}),
        }
        return subprocess.run(
            command, cwd=self.root, env=given, capture_output=True, text=True, check=False
        )

    @property
    def called(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_a_preview_keeps_comment_and_data_and_ends_as_the_plan_does(tree: Tree) -> None:
    tree.stand_in("rf", 'echo "{}"; echo told > preview/comment.md; exit 9')

    done = tree.run("scripts/ci/preview", "HEAD^1")

    assert done.returncode == 9
    assert tree.called == ["rf plan --diff HEAD^1 --json --markdown preview/comment.md"]
    assert (tree.root / "preview/diff.json").read_text() == "{}\n"
    assert (tree.root / "summary").read_text() == "told\n"


def test_a_preview_that_fails_leaves_a_comment_nevertheless(tree: Tree) -> None:
    tree.stand_in("rf", "exit 1")

    done = tree.run("scripts/ci/preview", "HEAD^1")

    assert done.returncode == 1
    comment = (tree.root / "preview/comment.md").read_text()
    assert comment.startswith("<!-- researchflow-ai: rf plan --diff -->\n")


def test_a_deployment_is_done_when_the_stack_is_well(tree: Tree) -> None:
    tree.stand_in("rf", '[ "$1" = up ] || [ "$(grep -c health "$CALLS")" = 3 ] || exit 8')

    done = tree.run("scripts/ci/deploy", "staging")

    assert done.returncode == 0
    assert tree.called == ["rf up staging --yes", *["rf health --stack staging"] * 3]


def test_a_deployment_fails_when_the_stack_stays_unwell(tree: Tree) -> None:
    tree.stand_in("rf", '[ "$1" = up ] || exit 8')

    done = tree.run("scripts/ci/deploy", "staging")

    assert done.returncode == 1
    assert "::error title=staging is not well::" in done.stdout
    assert len(tree.called) == 6


def test_what_cannot_be_deployed_is_not_asked_how_it_is(tree: Tree) -> None:
    tree.stand_in("rf", "exit 9")

    assert tree.run("scripts/ci/deploy", "staging").returncode == 9
    assert tree.called == ["rf up staging --yes"]


@pytest.mark.parametrize(
    ("status", "state", "ends"),
    [
        (0, "done", 0),
        (3, "paused", 0),
        (4, "elsewhere", 0),
        (5, "failed", 5),
        (6, "rollback-failed", 6),
        (7, "rolled-back", 7),
    ],
)
def test_each_end_of_a_rollout_has_a_state_and_a_pause_is_no_failure(
    tree: Tree, status: int, state: str, ends: int
) -> None:
    tree.stand_in("rf", f"exit {status}")

    done = tree.run("scripts/ci/rollout", "resume", "--stack", "production")

    assert done.returncode == ends
    assert tree.output.read_text() == f"state={state}\n"
    assert ("::" in done.stdout) == (status != 0)


def test_a_rollout_that_outlasts_the_runner_is_told_and_ends_by_itself(tree: Tree) -> None:
    tree.stand_in("rf", "trap 'exit 3' TERM; sleep 30 & wait")

    done = tree.run("scripts/ci/rollout", "resume", environment={"ROLLOUT_LIMIT": "0.3"})

    assert done.returncode == 0
    assert tree.output.read_text() == "state=paused\n"


def test_new_versions_go_one_after_another(tree: Tree) -> None:
    tree.stand_in("rf", '[ "$2" = candidates ] && printf "triton a/b:1\\nfaiss c:2\\n"; exit 0')

    done = tree.run("scripts/ci/rollouts", "staging", "production")

    rest = "--stack production --force --commit"
    assert done.returncode == 0
    assert tree.called == [
        "rf rollout candidates --from staging --stack production",
        f"rf rollout --service triton --image a/b:1 {rest}",
        f"rf rollout --service faiss --image c:2 {rest}",
    ]


@pytest.mark.parametrize(("status", "ends"), [(3, 0), (7, 7)])
def test_the_next_version_does_not_overtake_one_that_is_not_done(
    tree: Tree, status: int, ends: int
) -> None:
    body = f'[ "$2" = candidates ] || exit {status}; printf "triton a/b:1\\nfaiss c:2\\n"'
    tree.stand_in("rf", body)

    done = tree.run("scripts/ci/rollouts", "staging", "production")

    assert done.returncode == ends
    assert len(tree.called) == 2


def test_without_new_versions_no_rollout_is_begun(tree: Tree) -> None:
    tree.stand_in("rf")

    done = tree.run("scripts/ci/rollouts", "staging", "production")

    assert done.returncode == 0
    assert done.stdout == "production has every version that staging has\n"
    assert len(tree.called) == 1


@pytest.mark.parametrize(
    ("command", "called"),
    [
        ("go-on", "rf rollout resume --interrupted --stack production --commit"),
        ("abort", "rf rollout abort --stack production --commit"),
        ("status", "rf rollout status --stack production"),
    ],
)
def test_the_schedule_and_people_command_a_rollout(tree: Tree, command: str, called: str) -> None:
    tree.stand_in("rf")
    given = {"COMMAND": command, "STACK": "production"}

    assert tree.run("scripts/ci/rollout-command", environment=given).returncode == 0
    assert tree.called == [called]


def test_a_command_that_does_not_exist_is_refused(tree: Tree) -> None:
    given = {"COMMAND": "$(true)", "STACK": "production"}

    assert tree.run("scripts/ci/rollout-command", environment=given).returncode == 1


def test_an_image_is_built_and_pushed_under_its_commit(tree: Tree) -> None:
    tree.stand_in("docker", 'case "$1" in image) echo ghcr.test/r/faiss-server@sha256:0 ;; esac')
    given = {"SERVICE": "faiss_server", "REGISTRY": "ghcr.test/R", "GITHUB_SHA": "abc"}

    for step in ("build", "push"):
        assert tree.run("scripts/ci/image", step, environment=given).returncode == 0

    assert tree.called[:2] == [
        "docker build --pull --tag ghcr.test/r/faiss-server:abc services/faiss_server",
        "docker push --quiet ghcr.test/r/faiss-server:abc",
    ]
    assert tree.output.read_text() == "image=ghcr.test/r/faiss-server:abc\n"


def test_the_engines_preview_has_both_policy_packs(tree: Tree) -> None:
    tree.stand_in("pulumi")

    tree.run("scripts/ci/engine-preview", "--refresh", environment={"STACK": "staging"})

    (called,) = tree.called
    assert "--policy-pack policies/security --policy-pack policies/thresholds" in called
    assert called.endswith("--refresh")


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
