"""Credentials for registries, from where ``docker login`` puts them."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInputError
from .reference import DOCKER_HUB

if TYPE_CHECKING:
    from collections.abc import Mapping

HUB_KEY = "https://index.docker.io/v1/"
"""What ``docker login`` calls Docker Hub."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """User and password of a registry; the password is never shown."""

    user: str
    password: str = field(repr=False)


def read_logins(environment: Mapping[str, str]) -> dict[str, Login]:
    """The logins in Docker's ``config.json`` by registry host; none where there is no such file.

    Only the section ``auths`` is read. Credential helpers are not run.
    """
    folder = environment.get("DOCKER_CONFIG")
    path = (Path(folder) if folder else Path.home() / ".docker") / "config.json"
    if not path.is_file():
        return {}
    try:
        return logins_in(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, AttributeError, TypeError):
        # The cause is left out: it could quote a password.
        raise BadInputError(f"{path} cannot be read as a Docker config JSON") from None


def logins_in(config: Mapping[str, Any]) -> dict[str, Login]:
    """The logins of a Docker config JSON; ValueError where one is not base64 of user:password."""
    entries = config.get("auths") or {}
    return {
        _host(key): _login(entry["auth"]) for key, entry in entries.items() if entry.get("auth")
    }


def _host(key: str) -> str:
    """The key of an entry is a host or, from older versions of Docker, a URL."""
    return DOCKER_HUB if key == HUB_KEY else key.partition("://")[2].partition("/")[0] or key


def _login(encoded: str) -> Login:
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise ValueError("not base64 of user:password")
    return Login(user=user, password=password)
