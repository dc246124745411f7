"""``rf schema``: the JSON Schema that lets an editor complete and check stack files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter

from .errors import BadInputError
from .generated import stale, write
from .project import find_project


def stack_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a stack file of services."""
    # The settings take a second to import, and every command imports this module.
    from settings import SECRETS, Settings

    return _file("Stack file of researchflow-ai", TypeAdapter(Settings), SECRETS)


def infrastructure_schema() -> dict[str, Any]:
    """The same of a stack file of infrastructure, which has no secrets."""
    from infrastructure import Infrastructure

    return _file("Infrastructure stack file of researchflow-ai", TypeAdapter(Infrastructure), {})


def _file(title: str, tree: TypeAdapter[Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    from settings import KEY

    settings = tree.json_schema(ref_template="#/$defs/{model}")
    definitions = settings.pop("$defs", {})
    encrypted = {
        "type": "object",
        "properties": {"secure": {"type": "string"}},
        "required": ["secure"],
        "additionalProperties": False,
    }
    keys = {
        f"researchflow-ai:{name}": {"description": f"Secret: {purpose}.", **encrypted}
        for name, purpose in secrets.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {f"researchflow-ai:{KEY}": settings, **keys},
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


def rendered() -> dict[Path, str]:
    """The schemas as they are committed, by path."""
    from infrastructure import SCHEMA as INFRASTRUCTURE
    from settings import SCHEMA as SERVICES

    found = {SERVICES: stack_schema(), INFRASTRUCTURE: infrastructure_schema()}
    return {Path(path): json.dumps(schema, indent=2) + "\n" for path, schema in found.items()}


def schema(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether they are current.")
    ] = False,
) -> None:
    """Write the JSON Schemas of the stack files, for editors."""
    root = find_project(Path.cwd()).root
    wanted = rendered()
    if not check:
        write(root, wanted)
    elif found := stale(root, wanted):
        raise BadInputError(f"{found[0]} is not what the settings say; run make schema")
