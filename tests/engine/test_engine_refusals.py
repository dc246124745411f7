"""What a person reads when the real engine runs our program on a wrong stack file."""

import json
from pathlib import Path

import pytest

from tests.engine.conftest import OpenStack, one_worker
from tests.engine.deployment import Deployment

pytestmark = one_worker("local")


@pytest.fixture(scope="module")
def opened(open_stack: OpenStack) -> Deployment:
    return open_stack("local")


@pytest.fixture
def deployment(opened: Deployment, tmp_path: Path) -> Deployment:
    """A local stack that has its secrets and nothing else."""
    return opened.copy(tmp_path / "copy")


def refusal(deployment: Deployment) -> list[str]:
    """The lines of our own with which a preview ends, after the engine's own have been dropped."""
    output = deployment.fail("preview", "--json")
    diagnostics = json.loads(output)["diagnostics"]
    errors = [entry["message"] for entry in diagnostics if entry["severity"] == "error"]
    assert errors[-1].startswith("error: an unhandled error occurred: program exited")
    assert "Traceback" not in output
    return [line for error in errors[:-1] for line in error.strip().splitlines()]


def test_a_missing_secret_is_named_with_what_to_run(deployment: Deployment) -> None:
    deployment.run("config", "rm", "redisPassword")

    assert refusal(deployment) == [
        "error: Pulumi.local.yaml: the secret redisPassword (password of Redis) is not set; "
        "run pulumi config set --secret redisPassword"
    ]


def test_a_secret_in_plain_text_is_refused_without_being_shown(deployment: Deployment) -> None:
    deployment.run("config", "set", "--plaintext", "redisPassword", "hunter2")

    lines = refusal(deployment)

    assert lines == [
        "error: Pulumi.local.yaml: redisPassword is in plain text; take another value and "
        "run pulumi config set --secret redisPassword"
    ]


def test_an_unknown_key_is_named_with_where_to_look(deployment: Deployment) -> None:
    deployment.set("services.redis.colour", "red")

    assert refusal(deployment) == [
        "error: Pulumi.local.yaml: researchflow-ai:platform.services.redis.colour: unknown key; "
        "see schemas/stack.schema.json for the known ones"
    ]
