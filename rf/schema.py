"""``rf schema``: the JSON Schema that lets an editor complete and check stack files."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter

from .errors import BadInputError
from .project import find_project

PATH = "schemas/stack.schema.json"


def stack_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a whole stack file."""
    # The settings take a second to import, and every command imports this module.
    from settings import KEY, SECRETS, Settings

    settings = TypeAdapter(Settings).json_schema(ref_template="#/$defs/{model}")
    definitions = settings.pop("$defs", {})
    encrypted = {
        "type": "object",
        "properties": {"secure": {"type": "string"}},
        "required": ["secure"],
        "additionalProperties": False,
    }
    secrets = {
        f"researchflow-ai:{name}": {"description": f"Secret: {purpose}.", **encrypted}
        for name, purpose in SECRETS.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file of researchflow-ai",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {f"researchflow-ai:{KEY}": settings, **secrets},
                "required": [f"researchflow-ai:{KEY}"],
                "patternProperties": {"^(?!researchflow-ai:)[a-z-]+:": {}},
                "additionalProperties": False,
            },
            "encryptionsalt": {"type": "string"},
            "encryptedkey": {"type": "string"},
            "secretsprovider": {"type": "string"},
        },
        "required": ["config"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def rendered() -> str:
    """The schema as it is committed."""
    return json.dumps(stack_schema(), indent=2) + "\n"


def schema(
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is current.")] = False,
) -> None:
    """Write the JSON Schema of the stack files, for editors."""
    path = find_project(Path.cwd()).root / PATH
    current = path.read_text() if path.exists() else ""
    if current == rendered():
        return
    if check:
        raise BadInputError(f"{PATH} is not what the settings say; run make schema")
    path.parent.mkdir(exist_ok=True)
    path.write_text(rendered())
