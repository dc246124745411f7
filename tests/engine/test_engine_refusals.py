"""What a person reads when the real engine runs our program on a wrong stack file."""

from dataclasses import replace

from tests.engine.conftest import on_engine
from tests.engine.deployment import Deployment
from tests.engine.plugins import require_pulumi

require_pulumi()

pytestmark = on_engine("local")


def refusal(deployment: Deployment) -> list[str]:
    """The diagnostics of a preview, without what the engine adds to every failure."""
    output = deployment.fail("preview")
    diagnostics = output.partition("Diagnostics:")[2].partition("Resources:")[0]
    lines = [line.strip() for line in diagnostics.splitlines()]
    told = [line for line in lines if line and not line.startswith(("pulumi:pulumi:", "warning:"))]
    assert told[-1].endswith("program exited with non-zero exit code: 1")
    return told[:-1]


def test_a_missing_secret_is_named_with_what_to_run(deployed: Deployment) -> None:
    deployed.run("config", "rm", "redisPassword")

    assert refusal(deployed) == [
        "error: Pulumi.local.yaml: the secret redisPassword (password of Redis) is not set; "
        "run pulumi config set --secret redisPassword"
    ]


def test_a_secret_in_plain_text_is_refused_and_not_shown(deployed: Deployment) -> None:
    deployed = replace(deployed, planted=("hunter2",))
    deployed.run("config", "set", "--plaintext", "redisPassword", "hunter2")

    assert refusal(deployed) == [
        "error: Pulumi.local.yaml: redisPassword is in plain text; take another value and "
        "run pulumi config set --secret redisPassword"
    ]


def test_an_unknown_key_is_named_with_where_to_look(deployed: Deployment) -> None:
    deployed.set("services.redis.colour", "red")

    assert refusal(deployed) == [
        "error: Pulumi.local.yaml: researchflow-ai:platform.services.redis.colour: unknown key; "
        "see schemas/stack.schema.json for the known ones"
    ]
