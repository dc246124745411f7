"""Settings that come as environment variables: what a mistake in one says, and two kinds of values.

The two services of this repository hold the same copy of this file; a test compares them.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address

LEVELS = ("debug", "info", "warning", "error")
LAST_PORT = 65535
SHOWN_CHARACTERS = 60


class SettingError(ValueError):
    """A setting that cannot be used; the message is one line for the person who set it."""

    def __init__(self, name: str, value: str, remedy: str) -> None:
        """``name`` has ``value``, which is cut when long; ``remedy`` says what to write."""
        shown = value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "..."
        super().__init__(f"{name} is {shown!a}: {remedy}")


def choice(name: str, value: str, valid: tuple[str, ...]) -> str:
    """``value`` when it is one of ``valid``; raises SettingError."""
    if value not in valid:
        raise SettingError(name, value, f"choose {', '.join(valid[:-1])} or {valid[-1]}")
    return value


def address(name: str, value: str, example: str) -> tuple[str, int]:
    """Host and port to listen on; raises SettingError, with ``example``."""
    host, _, port = value.rpartition(":")
    try:
        IPv4Address(host)
        number = int(port) if re.fullmatch(r"[0-9]{1,5}", port) else -1
    except AddressValueError:
        number = -1
    if not 0 <= number <= LAST_PORT:
        raise SettingError(name, value, f"write ADDRESS:PORT, such as {example}")
    return host, number
