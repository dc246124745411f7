"""The JSON Schema that editors read."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from rf.schema import infrastructure_schema, rendered, stack_schema
from tests.conftest import INFRASTRUCTURE, STACKS


def test_the_committed_schemas_are_current() -> None:
    for path, text in rendered().items():
        assert Path(path).read_text() == text


@pytest.mark.parametrize("stack", [*STACKS, *INFRASTRUCTURE])
def test_every_stack_file_names_its_schema_and_keeps_to_it(stack: str) -> None:
    text = Path(f"Pulumi.{stack}.yaml").read_text()
    infrastructure = stack in INFRASTRUCTURE

    named = "schemas/infrastructure.schema.json" if infrastructure else "schemas/stack.schema.json"
    assert text.splitlines()[0].endswith(f"$schema={named}")
    jsonschema.validate(
        yaml.safe_load(text), infrastructure_schema() if infrastructure else stack_schema()
    )


def test_it_refuses_a_secret_in_plain_text() -> None:
    config = yaml.safe_load(Path("Pulumi.local.yaml").read_text())
    config["config"]["researchflow-ai:redisPassword"] = "hunter2"

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(config, stack_schema())
