"""Paths that no client may use, on any method: whoever manages models owns the server.

A server that decodes a path before it looks it up would find what a literal comparison misses. So
the gateway unescapes, merges slashes and resolves dots before it compares (``listeners.py``), and
compares without regard to case.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

HTTP_FORBIDDEN = 403


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """``paths``: regular expressions (RE2) for the beginning of a path, after its first slash."""

    paths: tuple[str, ...]
    reason: str


REFUSED: Mapping[str, Refusal] = MappingProxyType(
    {
        # Ollama's API documentation, and server/routes.go for the account's paths.
        "ollama": Refusal(
            paths=(
                "api/(pull|push|create|copy|delete|blobs)",
                "api/(me|signout|user)",
                # Aliases: another model under the name of one that is served.
                "api/experimental",
            ),
            reason="models are managed by the platform (setting services.ollama.models), not by "
            "clients",
        ),
        # Triton's extensions: model repository, shared memory, trace, logging.
        "triton": Refusal(
            paths=(
                "v2/repository",
                "v2/(models/[^/]+/(versions/[^/]+/)?)?trace/setting",
                "v2/logging",
                "v2/(system|cuda|xpu)sharedmemory",
            ),
            reason="this changes the server for everybody; it is managed by the platform, not by "
            "clients",
        ),
        # Replication, backup and promotion: between servers, and for whoever operates them.
        "faiss": Refusal(
            paths=("snapshots", "restores", "wal", "role", "promote", "handover"),
            reason="this is for whoever operates the server (rf backup, rf rollout), not for "
            "clients",
        ),
    }
)
"""What is refused, by service."""


def refused_routes(service: str) -> list[dict[str, Any]]:
    """Envoy routes that answer 403 with a reason in JSON; they come before all others."""
    refusal = REFUSED.get(service)
    if refusal is None:
        return []
    answer = {
        "status": HTTP_FORBIDDEN,
        "body": {"inline_string": json.dumps({"error": refusal.reason}) + "\n"},
    }
    kind = {"header": {"key": "content-type", "value": "application/json"}}
    return [
        {
            "match": {"safe_regex": {"regex": f"(?i)/{path}(/.*)?"}},
            "direct_response": answer,
            "response_headers_to_add": [{**kind, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}],
        }
        for path in refusal.paths
    ]
