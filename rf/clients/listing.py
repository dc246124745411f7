"""The clients of a stack, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.gateway.rate_limits import part

from .register import by_age

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from components.gateway.access import AccessArgs, KeyArgs


def lines(access: AccessArgs, replicas: int, today: date) -> Iterator[str]:
    """A line for each client and one for each of its keys, below one for the gateway."""
    yield (
        "the gateway asks everybody for a token"
        if access.required
        else "the gateway asks nobody for a token (services.gateway.access.required)"
    )
    for name, client in sorted(access.clients.items()):
        yield f"{name}: {rate(name, client.rate, replicas)}"
        for key in by_age(client):
            yield f"  {key}: {state(client.keys[key], today)}"
        if not client.keys:
            yield "  no key"


def rate(name: str, limit: str | None, replicas: int) -> str:
    """How often a client may come."""
    if limit is None:
        return "no limit"
    if replicas == 1:
        return limit
    unit = limit.partition("/")[2]
    return f"{limit}, which is {part(name, limit, replicas)}/{unit} at each of {replicas} gateways"


def state(key: KeyArgs, today: date) -> str:
    """How long a key's token is good."""
    left = (key.expires - today).days
    if left < 0:
        return f"EXPIRED on {key.expires}"
    return f"good until {key.expires} ({left} days)"
