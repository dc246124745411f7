"""From the SDK's proxies to plain data in which ``Hidden`` stands for what cannot be seen."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UnknownValueError

from .values import SECRET, UNKNOWN

REDACTED = "[secret]"
"""What ``pulumi policy analyze --file`` puts for a secret that it cannot decrypt."""


def plain(value: Any) -> Any:
    """``value`` without proxies, which raise at any touch of an unknown.

    Every number crosses the wire as a float, so whole ones become integers again.
    """
    if isinstance(value, str):
        return SECRET if value == REDACTED else value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in value}
    if isinstance(value, Sequence):
        return [_item(value, index) for index in range(len(value))]
    return value


def _item(container: Any, key: str | int) -> Any:
    try:
        value = container[key]
    except UnknownValueError:
        return UNKNOWN
    return plain(value)
