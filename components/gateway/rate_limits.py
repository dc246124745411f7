"""How often each client may come. Limits are in the route files and change while Envoy runs."""

import math
from collections.abc import Iterable
from typing import Any

from .access import AccessArgs
from .authentication import CLAIMS, TOKEN_FILTER
from .routes import V3

FILTER = "envoy.filters.http.local_ratelimit"
TYPE = f"{V3}.filters.http.local_ratelimit.v3.LocalRateLimit"
SECONDS = {"second": 1, "minute": 60}
NOBODY = "-"
"""Who makes a request without a token; no client can be called that."""
HEALTH_CHECKS_PER_SECOND = 20
UNLIMITED = 2**32 - 1


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
            # For whoever has no limit; Envoy wants a bucket for them all the same.
            "token_bucket": tokens(UNLIMITED, 1),
            "always_consume_default_token_bucket": False,
            "response_headers_to_add": [
                {
                    "header": {"key": "retry-after", "value": str(patience(buckets.values()))},
                    "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                }
            ],
        }
    }


def part(client: str, rate: str, replicas: int) -> int:
    """Requests in the time of ``rate`` that one of ``replicas`` lets through."""
    found = int(rate.partition("/")[0]) // replicas
    if found == 0:
        raise ValueError(
            f"services.gateway.access.clients.{client}.rate is {rate}, which is less than one "
            f"request for each of {replicas} gateways; raise it, or count by the minute"
        )
    return found


def seconds(rate: str) -> int:
    """The time of ``rate``."""
    return SECONDS[rate.partition("/")[2]]


def who() -> dict[str, Any]:
    """The client's name, from a token that was found good."""
    return {
        "descriptor_key": "client",
        "default_value": NOBODY,
        "source": "DYNAMIC",
        "metadata_key": {"key": TOKEN_FILTER, "path": [{"key": CLAIMS}, {"key": "sub"}]},
    }


def bucket(client: str, requests: int, interval: int) -> dict[str, Any]:
    """``requests`` at once, and as many again in ``interval`` seconds, evenly."""
    return {
        "entries": [{"key": "client", "value": client}],
        "token_bucket": tokens(requests, interval),
    }


def tokens(requests: int, interval: int) -> dict[str, Any]:
    """A bucket that holds ``requests`` and fills in ``interval`` seconds."""
    return {
        "max_tokens": requests,
        "tokens_per_fill": requests,
        "fill_interval": f"{interval}s",
    }


def patience(buckets: Iterable[tuple[int, int]]) -> int:
    """Seconds until even the slowest client gets another request; all are told the same."""
    return max(math.ceil(interval / requests) for requests, interval in buckets)
