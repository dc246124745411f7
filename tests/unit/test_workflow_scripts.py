"""The shell of the workflows, run with stand-ins for the programs that it calls.

A stand-in writes down what it was called with, and ends as the test says.
"""

import shutil
from pathlib import Path

import pytest

from tests.unit.script_tree import Tree


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


def test_the_guides_script_hands_its_options_on(tree: Tree) -> None:
    shutil.copytree("deploy", tree.root / "deploy")
    setup = tree.root / "scripts/setup"
    setup.write_text("#!/bin/sh\n")
    setup.chmod(0o755)
    tree.stand_in("rf", "exit 3")

    done = tree.run("deploy/feature-rollout.sh", "--feature", "ai_inference", "--rollback")

    assert done.returncode == 3
    assert tree.called == ["rf rollout --feature ai_inference --rollback"]


GH = """
case "$1 $2" in
  "issue list") echo "$ISSUE" ;;
  "run view") echo "drift (staging)" ;;
esac
"""


@pytest.mark.parametrize(
    ("result", "issue", "does"),
    [
        ("failure", "", ["label create drift", "issue create --label drift"]),
        ("failure", "7", ["issue comment 7"]),
        ("success", "7", ["issue close 7"]),
        ("success", "", []),
        ("skipped", "7", []),
    ],
)
def test_one_issue_is_open_while_a_stack_drifts(
    tree: Tree, result: str, issue: str, does: list[str]
) -> None:
    tree.stand_in("gh", GH)
    given = {"RESULT": result, "ISSUE": issue}
    given |= {"GITHUB_REPOSITORY": "team/platform", "GITHUB_RUN_ID": "5"}

    done = tree.run("scripts/ci/drift-issue", environment=given)

    writes = [each for each in tree.called if not each.startswith(("gh issue list", "gh run view"))]
    assert done.returncode == 0, done.stderr
    assert [each.startswith(f"gh {what}") for each, what in zip(writes, does, strict=True)] == [
        True for _ in does
    ]
    if does:
        assert "https://github.com/team/platform/actions/runs/5" in writes[-1]
        assert ("Red: drift (staging)." in writes[-1]) == (result == "failure")
