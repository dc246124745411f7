"""JSON Schemas of what the API takes and gives."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
YES_OR_NO: Schema = {"type": "boolean"}
REASONS: Schema = {"type": "object", "additionalProperties": TEXT}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _taken(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    """An object that callers send: unknown keys are refused."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _given(optional: tuple[str, ...] = (), **properties: Schema) -> Schema:
    """An object that the server answers with: every key is there but the optional ones."""
    return {**_taken(tuple(name for name in properties if name not in optional), **properties)}


VECTORS = _list({"type": "array", "items": NUMBER, "minItems": 1})
IDS: Schema = {"type": "array", "items": WHOLE, "minItems": 1, "uniqueItems": True}
METRIC: Schema = {"type": "string", "enum": ["l2", "ip", "cosine"]}
REBUILD = _given(
    state={"type": "string", "enum": ["idle", "running", "done", "failed"]},
    stage=TEXT,
    progress=NUMBER,
    reason=TEXT,
)
INDEX = _given(
    name=TEXT,
    dimension=WHOLE,
    metric=METRIC,
    index_type=TEXT,
    vectors=WHOLE,
    dead_rows=WHOLE,
    exact_rows=WHOLE,
    bytes=WHOLE,
    trained=YES_OR_NO,
    factory=_or_null(TEXT),
    lists=_or_null(WHOLE),
    nprobe=_or_null(WHOLE),
    vectors_needed_to_train=WHOLE,
    rebuild=REBUILD,
)
ENTRY = _given(
    name=TEXT,
    dimension=WHOLE,
    metric=METRIC,
    index_type=TEXT,
    rows=WHOLE,
    vectors=WHOLE,
    factory=TEXT,
    build=TEXT,
    built_rows=WHOLE,
    built_from=WHOLE,
)
MANIFEST = _given(
    format=WHOLE,
    version=TEXT,
    number=WHOLE,
    created={"type": "string", "format": "date-time"},
    position=WHOLE,
    epochs=_list({"type": "array", "items": WHOLE, "minItems": 2, "maxItems": 2}),
    server_version=TEXT,
    faiss_version=TEXT,
    indexes=_list(ENTRY),
    files=_list(_given(path=TEXT, bytes=WHOLE, sha256=TEXT)),
    checksum=TEXT,
)
ROLE: Schema = {"type": "string", "enum": ["writer", "follower"]}

SCHEMAS: dict[str, Schema] = {
    "Error": _given(error=TEXT),
    "Text": TEXT,
    "Binary": {"type": "string", "format": "binary"},
    "Anything": {"type": "object"},
    "Health": _given(
        status={"type": "string", "enum": ["ok", "degraded", "unavailable"]},
        failures=REASONS,
        warnings=REASONS,
    ),
    "Stats": _given(
        indexes=WHOLE,
        vectors=WHOLE,
        bytes=WHOLE,
        cache_limit_bytes=WHOLE,
        wal_bytes=WHOLE,
        position=WHOLE,
        role=ROLE,
    ),
    "NewIndex": _taken(
        ("dimension",),
        dimension={"type": "integer", "minimum": 1, "maximum": 16_384},
        metric={**METRIC, "default": "l2"},
        index_type={**TEXT, "description": "FAISS_INDEX_TYPE unless said"},
    ),
    "Index": INDEX,
    "Indexes": _given(indexes=_list(INDEX)),
    "Rebuild": REBUILD,
    "Addition": _taken(("ids", "vectors"), ids=IDS, vectors=VECTORS, replace=YES_OR_NO),
    "Added": _given(added=WHOLE, replaced=WHOLE, position=WHOLE),
    "Removal": _taken(("ids",), ids=IDS),
    "Removed": _given(removed=WHOLE, missing=WHOLE, position=WHOLE),
    "Search": _taken(
        ("vectors",),
        vectors=VECTORS,
        k={"type": "integer", "minimum": 1, "maximum": 1000, "default": 10},
        nprobe={"type": "integer", "minimum": 1},
    ),
    "Found": _given(ids=_list(_list(WHOLE)), distances=_list(_list(NUMBER))),
    "Manifest": MANIFEST,
    "Snapshots": _given(snapshots=_list(_given(version=TEXT)), bad=REASONS),
    "Role": _given(
        ("lag_records", "lag_seconds", "failure"),
        role=ROLE,
        writer=TEXT,
        position=WHOLE,
        epoch=WHOLE,
        lag_records=WHOLE,
        lag_seconds=_or_null(NUMBER),
        failure=_or_null(TEXT),
    ),
    "Promotion": _taken(
        url={**TEXT, "description": "where the old writer will find this server"},
        force={**YES_OR_NO, "description": "the old writer is dead: do not ask it"},
    ),
    "Promoted": _given(role=ROLE, position=WHOLE, epoch=WHOLE),
    "Handover": _taken(writer={**TEXT, "description": "whom to follow from here on"}),
    "HandedOver": _given(position=WHOLE, epoch=WHOLE),
    "Restore": _given(restore=TEXT, files=_list(TEXT)),
    "RestoreCommit": _taken(
        accept_loss={**YES_OR_NO, "description": "swap even if live vectors would be lost"}
    ),
}
