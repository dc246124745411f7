"""The description of the FAISS server's API, held against its routes and its answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jsonschema import Draft202012Validator
from starlette.routing import Route

from services.faiss_server.faiss_server import openapi
from services.faiss_server.faiss_server.app import build
from services.faiss_server.faiss_server.settings import read
from tests.services.faiss_client import start, vectors

if TYPE_CHECKING:
    from tests.services.conftest import StartServer

DESCRIPTION = openapi.describe()


def valid(schema: str, answer: object) -> bool:
    """True when the answer is what the description says of it."""
    whole: dict[str, Any] = {"$ref": f"#/components/schemas/{schema}", **DESCRIPTION}
    errors = [error.message for error in Draft202012Validator(whole).iter_errors(answer)]
    assert not errors, (schema, errors)
    return True


def test_every_route_is_described_and_every_description_is_a_route() -> None:
    app = build(read({"FAISS_DATA_DIR": str(Path("/nowhere"))}))

    routes = {
        (route.path.replace(":path", ""), method.lower())
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {(path, method) for path, methods in openapi.PATHS.items() for method in methods}
    assert routes == described


def test_the_schemas_are_schemas_and_every_reference_leads_to_one() -> None:
    for schema in DESCRIPTION["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)

    named = {
        schema
        for methods in openapi.PATHS.values()
        for operation in methods.values()
        for _, schema in (*operation.takes, *operation.gives)
    }
    assert named | {"Error"} == set(DESCRIPTION["components"]["schemas"])


def test_answers_are_what_the_description_says(start_server: StartServer, tmp_path: Path) -> None:
    server = start(start_server, tmp_path)
    data = vectors(5).tolist()

    index = server.good("PUT", "/indexes/papers", {"dimension": 8})
    added = server.good("POST", "/indexes/papers/vectors", {"ids": [*range(5)], "vectors": data})
    found = server.good("POST", "/indexes/papers/search", {"vectors": data, "k": 2})
    removed = server.good("POST", "/indexes/papers/remove", {"ids": [1]})
    manifest = server.good("POST", "/snapshots")

    assert valid("Index", index)
    assert valid("Added", added)
    assert valid("Found", found)
    assert valid("Removed", removed)
    assert valid("Manifest", manifest)
    assert valid("Indexes", server.good("GET", "/indexes"))
    assert valid("Rebuild", server.good("GET", "/indexes/papers/rebuild"))
    assert valid("Snapshots", server.good("GET", "/snapshots"))
    assert valid("Stats", server.good("GET", "/stats"))
    assert valid("Health", server.good("GET", "/health"))
    assert valid("Role", server.good("GET", "/role"))
    assert valid("Restore", server.good("POST", "/restores", manifest))
    assert valid("Error", server.call("GET", "/indexes/nothing").json())
    assert np.shape(found["ids"]) == (5, 2)
