"""The keys that a place in the settings may have, by their JSON Schema. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

Schema = Mapping[str, Any]
ALIKE = 0.7
"""How alike a key must be to have been meant (difflib): less, and colour is told as cluster."""


def nearest(schema: Schema, path: Sequence[str | int]) -> str | None:
    """The known key that the last of ``path`` may have been meant for."""
    *above, wrong = path
    close = get_close_matches(str(wrong), known_keys(schema, above), n=1, cutoff=ALIKE)
    return close[0] if close else None


def known_keys(schema: Schema, path: Sequence[str | int]) -> tuple[str, ...]:
    """The keys of the object at ``path``; none where it may have any, or is no object.

    As pydantic has it, the kind of an object with kinds is a part of the path.
    """
    places = list(_forms(schema, schema))
    for part in path:
        below = [found for each in places if (found := _below(each, part)) is not None]
        places = [form for each in below for form in _forms(each, schema)]
    return tuple(sorted({key for each in places for key in each.get("properties", {})}))


def _forms(place: Schema, schema: Schema) -> Iterator[Schema]:
    """What ``place`` may be, references and alternatives followed."""
    if "$ref" in place:
        yield from _forms(schema["$defs"][place["$ref"].rpartition("/")[2]], schema)
    for alternatives in ("anyOf", "oneOf", "allOf"):
        for each in place.get(alternatives, ()):
            yield from _forms(each, schema)
    yield place


def _below(place: Schema, part: str | int) -> Schema | None:
    """The schema of one key, of the items of a list, or of one kind of what has kinds."""
    kinds = place.get("discriminator", {}).get("mapping", {})
    if part in kinds:
        return {"$ref": kinds[part]}
    found = place.get("properties", {}).get(part)
    if found is None:
        found = place.get("items" if isinstance(part, int) else "additionalProperties")
    return found if isinstance(found, Mapping) else None
