"""What the gateway answers for a service that may have no server at all, while it has none.

Envoy of its own accord answers 503 with a line of plain text. A client of a service that sleeps
should learn that nothing is broken, and when to come back; to ask again keeps it awake, too, where
it is scaled by load.
"""

from typing import Any

from ..spec import ServiceSpec

RETRY_AFTER = 30
"""Seconds. A server that has been asked for needs minutes, of which each caller waits a part."""
NO_HEALTHY_UPSTREAM = "UH"


def reply_while_asleep(spec: ServiceSpec) -> dict[str, Any]:
    """Settings of the connection manager before ``spec``; none where some server always runs."""
    if spec.scaling is None or not spec.scaling.sleeps:
        return {}
    header = {"key": "retry-after", "value": str(RETRY_AFTER)}
    asleep = {
        "filter": {"response_flag_filter": {"flags": [NO_HEALTHY_UPSTREAM]}},
        "headers_to_add": [{"header": header, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}],
        "body_format_override": {
            "json_format": {
                "error": f"{spec.name} is asleep or starting; try again later",
                "retry_after_seconds": RETRY_AFTER,
            }
        },
    }
    return {"local_reply_config": {"mappers": [asleep]}}
