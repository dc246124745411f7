"""The settings of the server, read once from environment variables.

Defaults are the guide's (section "Environment Configuration"). Ports are not called ``FAISS_PORT``:
Kubernetes sets such a variable in every pod when a Service is called ``faiss``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .environment import LEVELS, SettingError, address, choice

if TYPE_CHECKING:
    from collections.abc import Mapping

LISTEN = "0.0.0.0:5000"
ROLES = ("writer", "follower")
DECIMAL_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
LARGEST_NUMBER = 1024


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
    writer: str = ""
    """Base URL of the writer that a follower follows."""
    fsync_interval: float | None = None
    """Seconds between two fsyncs of the log; None is an fsync before each acknowledgement."""
    max_body: int = 32 * 10**6
    """Bytes that a request may have at most."""
    queue_length: int = 64
    """Requests of each kind (searches, changes) that may wait."""
    max_lag: int = 30
    """Seconds that a ready follower may be behind its writer."""
    tls_certificate: Path | None = None
    tls_key: Path | None = None


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from ``environment``; raises SettingError for the first that cannot be used.

    ``FAISS_INDEX_TYPE`` is taken as it is: only faiss can judge it (see ``index_type``).
    """
    certificate, key = _tls(environment)
    host, port = address("LISTEN_ADDRESS", environment.get("LISTEN_ADDRESS", LISTEN), LISTEN)
    return Settings(
        index_type=environment.get("FAISS_INDEX_TYPE", "IVF,PQ"),
        cache_bytes=_size("FAISS_CACHE_SIZE", environment.get("FAISS_CACHE_SIZE", "10GB")),
        workers=_number("FAISS_NUM_WORKERS", environment.get("FAISS_NUM_WORKERS", "8")),
        role=choice("FAISS_ROLE", environment.get("FAISS_ROLE", "writer"), ROLES),
        data_directory=_directory("FAISS_DATA_DIR", environment.get("FAISS_DATA_DIR", "/data")),
        log_level=choice("LOG_LEVEL", environment.get("LOG_LEVEL", "info"), LEVELS),
        host=host,
        port=port,
        writer=_url("FAISS_WRITER_URL", environment.get("FAISS_WRITER_URL", "")),
        fsync_interval=_fsync("FAISS_FSYNC", environment.get("FAISS_FSYNC", "always")),
        max_body=_size("FAISS_MAX_BODY", environment.get("FAISS_MAX_BODY", "32MB")),
        queue_length=_number("FAISS_QUEUE_LENGTH", environment.get("FAISS_QUEUE_LENGTH", "64")),
        max_lag=_number("FAISS_MAX_LAG_SECONDS", environment.get("FAISS_MAX_LAG_SECONDS", "30")),
        tls_certificate=certificate,
        tls_key=key,
    )


def _size(name: str, value: str) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,8})(MB|GB|TB)", value)
    if not match:
        raise SettingError(name, value, "write a whole number and MB, GB or TB, such as 10GB")
    return int(match[1]) * DECIMAL_UNITS[match[2]]


def _number(name: str, value: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", value) or int(value) > LARGEST_NUMBER:
        raise SettingError(name, value, f"write a whole number from 1 to {LARGEST_NUMBER}")
    return int(value)


def _fsync(name: str, value: str) -> float | None:
    if value == "always":
        return None
    match = re.fullmatch(r"([1-9][0-9]{0,3})ms", value)
    if not match:
        raise SettingError(name, value, "write always, or a whole number of milliseconds: 200ms")
    return int(match[1]) / 1000


def _url(name: str, value: str) -> str:
    if value and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?", value):
        raise SettingError(name, value, "write http://HOST:PORT, such as http://faiss-stable:5000")
    return value.rstrip("/")


def _tls(environment: Mapping[str, str]) -> tuple[Path | None, Path | None]:
    names = ("TLS_CERTIFICATE_FILE", "TLS_KEY_FILE")
    values = [environment.get(name, "") for name in names]
    if not any(values):
        return None, None
    for name, value in zip(names, values, strict=True):
        if not Path(value).is_file():
            raise SettingError(
                name, value, f"write the path of a PEM file, with {' and '.join(names)}"
            )
    return Path(values[0]), Path(values[1])


def _directory(name: str, value: str) -> Path:
    if not value.startswith("/") or "\0" in value:
        raise SettingError(name, value, "write an absolute path, such as /data")
    return Path(value)
