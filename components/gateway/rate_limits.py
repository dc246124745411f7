"""How often each client may come. Limits are in the route files, so they change while Envoy runs."""

import math
from typing import Any

from .access import AccessArgs
from .authentication import CLIENT, FILTER as TOKEN_FILTER
from .routes import V3

FILTER = "envoy.filters.http.local_ratelimit"
TYPE = f"{V3}.filters.http.local_ratelimit.v3.LocalRateLimit"
SECONDS = {"second": 1, "minute": 60}
NOBODY = "-"
"""Who makes a request without a token; no client can be called that."""
HEALTH_CHECKS_PER_SECOND = 20


def limit_filter() -> dict[str, Any]:
    """The filter, which limits nothing but where a route says so."""
    return {"name": FILTER, "typed_config": {"@type": TYPE, "stat_prefix": "clients"}}


def limits(access: AccessArgs, replicas: int) -> dict[str, Any]:
    """What a virtual host says to the filter: the part of each client's rate at one gateway.

    ValueError where a rate is less than one request for each of ``replicas``.
    """
    buckets = {NOBODY: (HEALTH_CHECKS_PER_SECOND, 1)}
    for name, client in access.clients.items():
        if client.rate is not None:
            buckets[name] = (part(name, client.rate, replicas), seconds(client.rate))
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    return {
        FILTER: {
            "@type": TYPE,
            "stat_prefix": "clients",
            "filter_enabled": always,
            "filter_enforced": always,
            "rate_limits": [{"actions": [{"metadata": who()}]}],
            "descriptors": [bucket(name, *found) for name, found in buckets.items()],
            "always_consume_default_token_bucket": False,
            "response_headers_to_add": [
                {
                    "header": {"key": "retry-after", "value": str(patience(buckets.values()))},
                    "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                }
            ],
        }
    }
