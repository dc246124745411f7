"""The OpenAPI 3.1 description of the API, served at /openapi.json and committed beside the code.

``python -m faiss_server openapi`` prints it; a test holds it against the routes and the copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import __version__
from .api.codec import BINARY
from .schemas import SCHEMAS

JSON = "application/json"
OCTETS = "application/octet-stream"

REASONS = {
    400: "The request can never succeed as it is; the error says why.",
    404: "There is nothing of this name.",
    409: "It contradicts what is there; the error says what to do.",
    410: "The log does not continue what the follower has.",
    413: "The body exceeds FAISS_MAX_BODY.",
    415: "Neither JSON nor the binary form.",
    421: "This server is a follower: send changes to the writer.",
    503: "Not at this moment; Retry-After says when to try again.",
    507: "The memory ceiling or the disk is reached.",
}
BODY = (400, 413)
CHANGE = (*BODY, 404, 415, 421, 503, 507)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path. ``takes`` and ``gives`` name schemas, by media type."""

    name: str
    summary: str
    status: int = 200
    takes: tuple[tuple[str, str], ...] = ()
    gives: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str, str], ...] = ()
    refusals: tuple[int, ...] = (503,)


def _json(schema: str) -> tuple[tuple[str, str], ...]:
    return ((JSON, schema),)


def _either(schema: str) -> tuple[tuple[str, str], ...]:
    return ((JSON, schema), (BINARY, "Binary"))


INDEX = (404, 503)
PATHS: dict[str, dict[str, Operation]] = {
    "/health": {"get": Operation(
        name="health", summary="Whether this process serves, and what is wrong",
        gives=_json("Health"))},
    "/ready": {"get": Operation(
        name="ready", summary="Healthy, loaded, and not too far behind the writer",
        gives=_json("Health"))},
    "/metrics": {"get": Operation(
        name="metrics", summary="Prometheus text or OpenMetrics", gives=(("text/plain", "Text"),),
        refusals=())},
    "/stats": {"get": Operation(name="stats", summary="Totals", gives=_json("Stats"))},
    "/openapi.json": {"get": Operation(
        name="description", summary="This description", gives=_json("Anything"), refusals=())},
    "/indexes": {"get": Operation(
        name="listIndexes", summary="Every index", gives=_json("Indexes"))},
    "/indexes/{index}": {
        "put": Operation(
            name="createIndex", summary="Create an index; the same again answers 200", status=201,
            takes=_json("NewIndex"), gives=_json("Index"), refusals=(*BODY, 409, 421, 503, 507)),
        "get": Operation(
            name="getIndex", summary="One index", gives=_json("Index"), refusals=INDEX),
        "delete": Operation(
            name="dropIndex", summary="Drop an index with all its vectors", status=204,
            refusals=(404, 421, 503, 507)),
    },
    "/indexes/{index}/vectors": {"post": Operation(
        name="addVectors", summary="Add vectors; the answer means that they are durable",
        takes=_either("Addition"), gives=_json("Added"), refusals=(*CHANGE, 409),
        query=(("replace", "boolean", "Binary form: ids may be there already"),))},
    "/indexes/{index}/remove": {"post": Operation(
        name="removeVectors", summary="Remove ids", takes=_either("Removal"),
        gives=_json("Removed"), refusals=CHANGE)},
    "/indexes/{index}/search": {"post": Operation(
        name="search", summary="Nearest neighbours; answered in the form of the request",
        takes=_either("Search"), gives=_either("Found"), refusals=(*BODY, 404, 415, 503),
        query=(("k", "integer", "Binary form: neighbours of each query"),
               ("nprobe", "integer", "Binary form: inverted lists to visit")))},
    "/indexes/{index}/rebuild": {
        "post": Operation(
            name="rebuild", summary="Train and build anew in the background", status=202,
            gives=_json("Rebuild"), refusals=(*INDEX, 409)),
        "get": Operation(
            name="rebuildProgress", summary="How far the last rebuild is",
            gives=_json("Rebuild"), refusals=INDEX),
    },
    "/snapshots": {
        "post": Operation(
            name="takeSnapshot", summary="A consistent snapshot, while changes go on",
            status=201, gives=_json("Manifest"), refusals=(409, 503, 507)),
        "get": Operation(
            name="listSnapshots", summary="Versions, newest first", gives=_json("Snapshots")),
    },
    "/snapshots/{version}": {"get": Operation(
        name="getSnapshot", summary="A manifest; the version is kept for 15 minutes more",
        gives=_json("Manifest"), refusals=INDEX)},
    "/snapshots/{version}/files/{path}": {"get": Operation(
        name="getSnapshotFile", summary="A file that the manifest lists",
        gives=((OCTETS, "Binary"),), refusals=INDEX)},
    "/wal": {"get": Operation(
        name="readLog", summary="Frames of the log, for followers",
        gives=((OCTETS, "Binary"),), refusals=(400, 410, 503),
        query=(("after", "integer", "Position of the last record that is there"),
               ("epoch", "integer", "Epoch of that record"),
               ("wait", "integer", "Seconds to wait for the next record, 20 at most")))},
    "/role": {"get": Operation(
        name="getRole", summary="Writer or follower, and how far behind", gives=_json("Role"))},
    "/promote": {"post": Operation(
        name="promote", summary="Become the writer; the old one hands over first",
        takes=_json("Promotion"), gives=_json("Promoted"), refusals=(*BODY, 409, 503, 507))},
    "/handover": {"post": Operation(
        name="handOver", summary="Stop being the writer; asked by the server that is promoted",
        takes=_json("Handover"), gives=_json("HandedOver"), refusals=(*BODY, 409, 503))},
    "/restores": {"post": Operation(
        name="beginRestore", summary="Announce a snapshot by its manifest", status=201,
        takes=_json("Manifest"), gives=_json("Restore"), refusals=(*BODY, 409, 421, 503, 507))},
    "/restores/{restore}": {"delete": Operation(
        name="abandonRestore", summary="Forget a restore", status=204, refusals=INDEX)},
    "/restores/{restore}/files/{path}": {"put": Operation(
        name="uploadFile", summary="One file of the announced snapshot", status=204,
        takes=((OCTETS, "Binary"),), refusals=(400, 404, 507))},
    "/restores/{restore}/commit": {"post": Operation(
        name="commitRestore", summary="Verify everything, compare with what is live, and swap",
        takes=_json("RestoreCommit"), gives=_json("Manifest"),
        refusals=(*BODY, 404, 409, 421, 503, 507))},
}  # fmt: skip


def describe() -> dict[str, Any]:
    """The whole description as JSON has it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "faiss_server",
            "version": __version__,
            "description": "Vector search over HTTP. The binary form is described in the README.",
        },
        "paths": {
            path: {method: _operation(path, operation) for method, operation in methods.items()}
            for path, methods in PATHS.items()
        },
        "components": {"schemas": SCHEMAS},
    }


def _operation(path: str, operation: Operation) -> dict[str, Any]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ] + [
        {"name": name, "in": "query", "description": text, "schema": {"type": kind}}
        for name, kind, text in operation.query
    ]
    good = {"description": operation.summary, **_content(operation.gives)}
    refusals = {
        str(status): {"description": REASONS[status], **_content(_json("Error"))}
        for status in sorted(operation.refusals)
    }
    body = {"requestBody": _content(operation.takes)} if operation.takes else {}
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        **({"parameters": parameters} if parameters else {}),
        **body,
        "responses": {str(operation.status): good, **refusals},
    }


def _content(media: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    if not media:
        return {}
    return {
        "content": {
            kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}} for kind, schema in media
        }
    }
