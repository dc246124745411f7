"""The settings of the exporter, read once from environment variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .environment import LEVELS, SettingError, address, choice

if TYPE_CHECKING:
    from collections.abc import Mapping


LISTEN = "0.0.0.0:9778"


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
    host, port = address("LISTEN_ADDRESS", environment.get("LISTEN_ADDRESS", LISTEN), LISTEN)
    return Settings(
        target=_target("OLLAMA_URL", environment.get("OLLAMA_URL", "http://ollama-stable:11434")),
        log_level=choice("LOG_LEVEL", environment.get("LOG_LEVEL", "info"), LEVELS),
        host=host,
        port=port,
    )


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
