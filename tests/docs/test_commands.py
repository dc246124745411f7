"""Every command that the README and the deployment guide show is one that can be given."""

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from rf.plan.model import Plan
from tests.closing import TABLE, table
from tests.docs.commands import Judge, rf_problem, simple_commands
from tests.docs.pages import PAGES, SHELL, Block, blocks

BLOCKS = blocks(SHELL)
RAN = "run in a copy of the project"
RUN = [block for block in BLOCKS if block.needs is None]


def place(block: Block) -> str:
    return block.name


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git would hold of the working tree, committed somewhere else, with the same Python."""
    root = tmp_path_factory.mktemp("project")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listed, text=True).split("\0"):
        if name and Path(name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, root / name)
    (root / ".venv").symlink_to(Path(".venv").resolve())
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *command], cwd=root, check=True)
    return root


@pytest.mark.parametrize("block", BLOCKS, ids=place)
def test_every_line_is_a_command_that_there_is(block: Block, plans: dict[str, Plan]) -> None:
    judge = Judge(plans)

    assert [found for line in block.lines if (found := judge.problem(line))] == []


@pytest.mark.parametrize("block", RUN, ids=place)
def test_a_block_without_a_mark_runs_in_a_copy_of_the_project(block: Block, project: Path) -> None:
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_run_says_how_many_blocks_ran_and_what_the_others_need(
    record_property: Callable[[str, object], None],
) -> None:
    needs = Counter(f"only parsed: {block.needs}" if block.needs else RAN for block in BLOCKS)
    rows = [(what, f"{count} shell blocks") for what, count in needs.most_common()]

    record_property(TABLE, table("commands of README.md and docs/DEPLOYMENT.md", rows))

    assert needs[RAN] > 0


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (".venv/bin/rf plane", "plane"),
        (".venv/bin/rf plan --jsn", "--jsn"),
        (".venv/bin/rf clients issue", "name"),
        ("make upp STACK=local", "upp"),
        ("pulumi up -s stagging", "stagging"),
        ("pulumi config set --secret redisPasswort -s staging", "redisPasswort"),
        ("pulumi up -s staging --policy-pack policies/safety", "policies/safety"),
        ("curl http://localhost:8002/metrics", "published"),
        ("kubectl logs deployment/ollama -n researchflow-ai-staging", "ollama"),
        ("kubectl logs deployment/redis -n researchflow", "namespace"),
        ("docker logs redis", "container"),
        ("docker-compose up", "no program"),
        ("printf x | docker-compose up", "no program"),
        (". scripts/on-call", "scripts/on-call"),
    ],
)
def test_a_command_that_there_is_not_is_found(
    line: str, problem: str, plans: dict[str, Plan]
) -> None:
    assert problem in (Judge(plans).problem(line) or "")


def test_a_command_is_parsed_and_not_given() -> None:
    assert rf_problem(["up", "no-such-stack"]) is None


def test_words_are_those_of_the_shell() -> None:
    line = "hash=$(printf %s \"$NEW\" | cut -d ' ' -f 1)  # of it"

    assert simple_commands(line) == [["printf", "%s", "$NEW"], ["cut", "-d", " ", "-f", "1"]]


@pytest.mark.parametrize("page", PAGES)
def test_no_command_is_shown_outside_a_fenced_block(page: str) -> None:
    indented = re.compile(r"^ {4}(\.venv/bin/rf|make|pulumi|kubectl) .*", re.MULTILINE)

    assert indented.findall(Path(page).read_text(encoding="utf-8")) == []
