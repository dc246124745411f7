"""The JSON Schema that editors read."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from rf.schema import PATH, rendered, stack_schema


def test_the_committed_schema_is_current() -> None:
    assert Path(PATH).read_text() == rendered()


@pytest.mark.parametrize("stack", ["local", "staging", "production"])
def test_every_stack_file_names_it_and_keeps_to_it(stack: str) -> None:
    text = Path(f"Pulumi.{stack}.yaml").read_text()

    assert f"$schema={PATH}" in text.splitlines()[0]
    jsonschema.validate(yaml.safe_load(text), stack_schema())


def test_it_refuses_a_secret_in_plain_text() -> None:
    config = yaml.safe_load(Path("Pulumi.local.yaml").read_text())
    config["config"]["researchflow-ai:redisPassword"] = "hunter2"

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(config, stack_schema())
