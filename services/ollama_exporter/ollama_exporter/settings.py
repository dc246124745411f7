"""The settings of the exporter, read once from environment variables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVELS = ("debug", "info", "warning", "error")
LAST_PORT = 65535
SHOWN_CHARACTERS = 60


class SettingError(ValueError):
    """A setting that cannot be used; the message is one line for the person who set it."""

    def __init__(self, name: str, value: str, remedy: str) -> None:
        """``name`` has ``value``, which is cut when long; ``remedy`` says what to write."""
        shown = value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "..."
        super().__init__(f"{name} is {shown!a}: {remedy}")


@dataclass(frozen=True, kw_only=True)
class Target:
    """The name and port behind which Ollama servers are found, and ``http`` or ``https``."""

    host: str
    port: int
    scheme: str = "http"

    @property
    def authority(self) -> str:
        """``host:port``, with brackets around an IPv6 address."""
        return join(self.host, self.port)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the exporter was told."""

    target: Target
    log_level: str
    host: str
    port: int


def join(host: str, port: int) -> str:
    """``host:port`` as a URL writes it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from ``environment``; raises SettingError for the first that cannot be used."""
    host, port = _address("LISTEN_ADDRESS", environment.get("LISTEN_ADDRESS", "0.0.0.0:9778"))
    return Settings(
        target=_target("OLLAMA_URL", environment.get("OLLAMA_URL", "http://ollama-stable:11434")),
        log_level=_level("LOG_LEVEL", environment.get("LOG_LEVEL", "info")),
        host=host,
        port=port,
    )


def _level(name: str, value: str) -> str:
    if value not in LEVELS:
        raise SettingError(name, value, f"choose {', '.join(LEVELS[:-1])} or {LEVELS[-1]}")
    return value


def _target(name: str, value: str) -> Target:
    """The server that a URL names. What may hold a password is not repeated."""
    if "@" in value:
        raise SettingError(name, "(hidden)", "take the user name and password out")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    extra = parts.path not in ("", "/") or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or not host or not port or extra:
        raise SettingError(name, value, "write http://HOST:PORT or https://HOST:PORT")
    return Target(host=host, port=port, scheme=parts.scheme)


def _address(name: str, value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    try:
        IPv4Address(host)
        number = int(port) if re.fullmatch(r"[0-9]{1,5}", port) else -1
    except AddressValueError:
        number = -1
    if not 0 <= number <= LAST_PORT:
        raise SettingError(name, value, "write ADDRESS:PORT, such as 0.0.0.0:9778")
    return host, number
