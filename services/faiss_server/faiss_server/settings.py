"""The settings of the server, read once from environment variables.

Defaults are the guide's (section "Environment Configuration"). Ports are not called ``FAISS_PORT``:
Kubernetes sets such a variable in every pod when a Service is called ``faiss``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVELS = ("debug", "info", "warning", "error")
ROLES = ("writer", "follower")
DECIMAL_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
MOST_WORKERS = 1024
LAST_PORT = 65535
SHOWN_CHARACTERS = 60


class SettingError(ValueError):
    """A setting that cannot be used; the message is one line for the person who set it."""

    def __init__(self, name: str, value: str, remedy: str) -> None:
        """``name`` has ``value``, which is cut when long; ``remedy`` says what to write."""
        shown = value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "..."
        super().__init__(f"{name} is {shown!a}: {remedy}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the server was told. ``cache_bytes`` is a ceiling on memory for indexes, in bytes."""

    index_type: str
    cache_bytes: int
    workers: int
    role: str
    data_directory: Path
    log_level: str
    host: str
    port: int


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from ``environment``; raises SettingError for the first that cannot be used.

    ``FAISS_INDEX_TYPE`` is taken as it is: only faiss can judge it (see ``index_type``).
    """
    host, port = _address("LISTEN_ADDRESS", environment.get("LISTEN_ADDRESS", "0.0.0.0:5000"))
    return Settings(
        index_type=environment.get("FAISS_INDEX_TYPE", "IVF,PQ"),
        cache_bytes=_size("FAISS_CACHE_SIZE", environment.get("FAISS_CACHE_SIZE", "10GB")),
        workers=_workers("FAISS_NUM_WORKERS", environment.get("FAISS_NUM_WORKERS", "8")),
        role=_choice("FAISS_ROLE", environment.get("FAISS_ROLE", "writer"), ROLES),
        data_directory=_directory("FAISS_DATA_DIR", environment.get("FAISS_DATA_DIR", "/data")),
        log_level=_choice("LOG_LEVEL", environment.get("LOG_LEVEL", "info"), LEVELS),
        host=host,
        port=port,
    )


def _choice(name: str, value: str, valid: tuple[str, ...]) -> str:
    if value not in valid:
        raise SettingError(name, value, f"choose {', '.join(valid[:-1])} or {valid[-1]}")
    return value


def _size(name: str, value: str) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,8})(MB|GB|TB)", value)
    if not match:
        raise SettingError(name, value, "write a whole number and MB, GB or TB, such as 10GB")
    return int(match[1]) * DECIMAL_UNITS[match[2]]


def _workers(name: str, value: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", value) or int(value) > MOST_WORKERS:
        raise SettingError(name, value, f"write a whole number from 1 to {MOST_WORKERS}")
    return int(value)


def _directory(name: str, value: str) -> Path:
    if not value.startswith("/") or "\0" in value:
        raise SettingError(name, value, "write an absolute path, such as /data")
    return Path(value)


def _address(name: str, value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    try:
        IPv4Address(host)
        number = int(port) if re.fullmatch(r"[0-9]{1,5}", port) else -1
    except AddressValueError:
        number = -1
    if not 0 <= number <= LAST_PORT:
        raise SettingError(name, value, "write ADDRESS:PORT, such as 0.0.0.0:5000")
    return host, number
