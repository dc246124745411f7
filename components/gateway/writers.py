"""Requests that only the stable version may get, whatever the weights: it is the one writer.

A canary of a service with state follows the stable version; it refuses what would change it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

WRITES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "faiss": (
            ("PUT|DELETE", "indexes/[^/]+"),
            ("POST", "indexes/[^/]+/(vectors|remove|rebuild)"),
        ),
    }
)
"""Methods and paths (RE2, after the first slash) that change the server, by service."""


def writer_routes(service: str, to_stable: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Envoy routes that send writes by ``to_stable``; they come before those with weights."""
    return [
        {
            "match": {
                "safe_regex": {"regex": f"/{path}"},
                "headers": [
                    {
                        "name": ":method",
                        "string_match": {"safe_regex": {"regex": methods}},
                    }
                ],
            },
            "route": dict(to_stable),
        }
        for methods, path in WRITES.get(service, ())
    ]
