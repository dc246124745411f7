"""The workflows as data: what each may do, what it runs, and what may not overtake what."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(".github/workflows")
FILES = sorted(FOLDER.glob("*.yml"))
NAMES = [file.stem for file in FILES]
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
DEPLOYING = ("ai-deploy", "rollout", "drift")


def workflow(name: str) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    return found


def triggers(name: str) -> Any:
    # YAML 1.1 reads the key `on` as true.
    return workflow(name)[True]


def jobs(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = workflow(name)["jobs"]
    return found


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in jobs(name).values() for step in job["steps"]]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_permitted_but_what_a_job_asks_for(name: str) -> None:
    assert workflow(name)["permissions"] == {}
    assert all("permissions" in job for job in jobs(name).values())


def test_only_these_jobs_may_write_anything() -> None:
    writing = {
        (name, job, what)
        for name in NAMES
        for job, each in jobs(name).items()
        for what, level in each["permissions"].items()
        if level == "write" and what != "id-token"
    }

    assert writing == {
        ("ai-deploy", "production", "contents"),
        ("ci", "images", "packages"),
        ("comment", "post", "pull-requests"),
        ("drift", "tell", "issues"),
        ("rollout", "command", "contents"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_action_is_a_commit_whose_version_is_named(name: str) -> None:
    text = (FOLDER / f"{name}.yml").read_text()
    used = [line.strip(" -") for line in text.splitlines() if "uses:" in line]

    assert used
    assert [line for line in used if not PINNED.fullmatch(line)] == []


def test_an_action_has_one_version_everywhere() -> None:
    used = {step["uses"] for name in NAMES for step in steps(name) if "uses" in step}

    assert len({each.partition("@")[0] for each in used}) == len(used)


@pytest.mark.parametrize("name", NAMES)
def test_a_script_holds_no_expression_and_is_one_call(name: str) -> None:
    """What people write into a branch's name or a title must not become part of a script."""
    for step in steps(name):
        if "run" in step:
            assert "${{" not in step["run"]
            assert len(step["run"].strip().splitlines()) == 1
            assert re.match(
                r"(make |scripts/|python3 scripts/|sudo --preserve-env=PATH \.ci/run)", step["run"]
            )


@pytest.mark.parametrize("name", NAMES)
def test_every_script_that_is_called_is_there_and_can_be_run(name: str) -> None:
    called = [word for step in steps(name) for word in step.get("run", "").split()]
    scripts = [Path(word) for word in called if word.startswith(("scripts/", ".ci/"))]

    assert all(script.is_file() for script in scripts)
    assert all(script.stat().st_mode & 0o111 or script.suffix == ".py" for script in scripts)


@pytest.mark.parametrize("name", NAMES)
def test_a_checkout_leaves_no_token_behind_and_a_job_ends(name: str) -> None:
    for step in steps(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
    assert all(job["timeout-minutes"] <= 355 for job in jobs(name).values())


@pytest.mark.parametrize("name", DEPLOYING)
def test_what_changes_a_stack_is_never_cancelled_half_way(name: str) -> None:
    assert workflow(name)["concurrency"]["cancel-in-progress"] is False


def test_a_deployment_is_one_at_a_time_and_an_abort_does_not_wait_for_it() -> None:
    deploy, command = (workflow(name)["concurrency"]["group"] for name in ("ai-deploy", "rollout"))

    assert deploy == "ai-deploy"
    assert deploy not in command


def test_production_follows_staging_which_follows_validation_each_with_its_environment() -> None:
    found = jobs("ai-deploy")

    assert (found["staging"]["needs"], found["production"]["needs"]) == ("validate", "staging")
    assert [found[each]["environment"] for each in ("staging", "production")] == [
        "staging",
        "production",
    ]
    assert "environment" not in found["validate"]


def test_credentials_are_those_of_a_role_and_no_key_is_kept() -> None:
    secrets = {each for file in FILES for each in re.findall(r"secrets\.(\w+)", file.read_text())}

    assert secrets == {"PULUMI_CONFIG_PASSPHRASE", "DEPLOY_SLACK_URL"}
    for name in NAMES:
        for job in jobs(name).values():
            takes = any("configure-aws" in step.get("uses", "") for step in job["steps"])
            assert takes == (job["permissions"].get("id-token") == "write")


def test_only_a_rollout_has_credentials_for_longer_than_an_hour() -> None:
    """IAM gives a role an hour unless it says more; the guide says which have to."""
    found = {
        (name, job): int(step["with"].get("role-duration-seconds", 3600))
        for name in NAMES
        for job, each in jobs(name).items()
        for step in each["steps"]
        if "configure-aws" in step.get("uses", "")
    }

    longer = {each: seconds for each, seconds in found.items() if seconds > 3600}
    assert longer == {("ai-deploy", "production"): 21600, ("rollout", "command"): 21600}
    assert all(
        seconds >= jobs(name)[job]["timeout-minutes"] * 60
        for (name, job), seconds in longer.items()
    )


def test_pull_requests_from_forks_get_no_secret() -> None:
    assert "pull_request_target" not in "".join(file.read_text() for file in FILES)
    for name in NAMES:
        if "pull_request" in triggers(name):
            for job in jobs(name).values():
                if "secrets." in str(job) or "id-token" in job["permissions"]:
                    assert "head.repo.full_name == github.repository" in job["if"]


def test_the_comment_is_posted_without_the_code_of_the_pull_request() -> None:
    (job,) = jobs("comment").values()
    checkout = next(step for step in job["steps"] if "checkout" in step.get("uses", ""))

    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    assert [step["run"] for step in job["steps"] if "run" in step] == [
        "python3 scripts/post_comment.py"
    ]
    assert triggers("comment")["workflow_run"]["workflows"] == [workflow("preview")["name"]]


def test_the_cli_is_the_one_that_the_requirements_name() -> None:
    found = re.search(r"^pulumi==([\d.]+)", Path("requirements.txt").read_text(), re.MULTILINE)
    wanted = {
        step["with"]["pulumi-version"]
        for name in NAMES
        for step in steps(name)
        if "pulumi/actions" in step.get("uses", "")
    }

    assert found
    assert wanted == {found[1]}


def test_actionlint_finds_nothing() -> None:
    cached = list(Path.home().glob(".cache/researchflow/actionlint-*/actionlint"))
    if not cached and shutil.which("go") is None:
        pytest.skip("actionlint is not built, and Go is not there to build it: scripts/actionlint")

    done = subprocess.run(["scripts/actionlint"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")
