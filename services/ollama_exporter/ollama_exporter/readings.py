"""What one poll of an Ollama server says, as plain data. No I/O.

The answers are those of ``GET /api/tags``, ``/api/ps`` and ``/api/version`` (Ollama's
``api/types.go``).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TAGS = "/api/tags"
PS = "/api/ps"
VERSION = "/api/version"
INT64 = 2**63

FOREVER_SECONDS = 100 * 365 * 86_400
"""Beyond this, Ollama was told to keep the model: a negative keep-alive ends 292 years ahead."""


class MalformedAnswerError(ValueError):
    """An answer that is not what the Ollama API promises."""

    def __init__(self, path: str, problem: str) -> None:
        """``path`` is what was asked for; ``problem`` says what is wrong with the answer."""
        super().__init__(f"{path} {problem}")


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A model in memory. Sizes in bytes: ``size`` is all of it, ``vram`` the part on GPUs."""

    size: int
    vram: int
    expires_at: datetime

    def expires_in(self, now: datetime) -> float:
        """Seconds until Ollama unloads it; infinite when it was told not to."""
        seconds = (self.expires_at - now).total_seconds()
        return math.inf if seconds > FOREVER_SECONDS else seconds


@dataclass(frozen=True, kw_only=True)
class Up:
    """A server that answered. ``available`` are the models on its disk.

    ``version`` is its own, empty where it does not say: nothing else depends on it.
    """

    address: str
    available: frozenset[str]
    loaded: Mapping[str, LoadedModel]
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Down:
    """A server that did not answer properly, and why."""

    address: str
    reason: str


Reading = Up | Down


def available_models(body: bytes) -> frozenset[str]:
    """Names in an answer of ``/api/tags``; raises MalformedAnswerError."""
    return frozenset(_Model(path=TAGS, fields=fields).name for fields in _models(TAGS, body))


def loaded_models(body: bytes) -> dict[str, LoadedModel]:
    """Models in an answer of ``/api/ps``, by name; raises MalformedAnswerError."""
    models = [_Model(path=PS, fields=fields) for fields in _models(PS, body)]
    return {
        model.name: LoadedModel(
            size=model.bytes("size"), vram=model.bytes("size_vram"), expires_at=model.expires_at
        )
        for model in models
    }


def own_version(body: bytes) -> str:
    """The version in an answer of ``/api/version``; raises MalformedAnswerError."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswerError(VERSION, "is not JSON") from error
    version = answer.get("version") if isinstance(answer, dict) else None
    if not isinstance(version, str) or not version.isprintable():
        raise MalformedAnswerError(VERSION, "has no usable version")
    return version


def _models(path: str, body: bytes) -> list[dict[str, Any]]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswerError(path, "is not JSON") from error
    models = answer.get("models") if isinstance(answer, dict) else None
    if not isinstance(models, list) or not all(isinstance(model, dict) for model in models):
        raise MalformedAnswerError(path, "has no list of models")
    return models


@dataclass(frozen=True, kw_only=True)
class _Model:
    """One model of an answer, whose fields are checked as they are read."""

    path: str
    fields: Mapping[str, Any]

    @property
    def name(self) -> str:
        name = self.fields.get("name")
        if not isinstance(name, str) or not name or not name.isprintable():
            raise MalformedAnswerError(self.path, "has a model without a usable name")
        return name

    @property
    def expires_at(self) -> datetime:
        try:
            time = datetime.fromisoformat(self.fields["expires_at"])
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedAnswerError(self.path, "has an expires_at that is no time") from error
        if time.tzinfo is None:
            raise MalformedAnswerError(self.path, "has an expires_at without a time zone")
        return time

    def bytes(self, key: str) -> int:
        value = self.fields.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < INT64:
            raise MalformedAnswerError(self.path, f"has a {key} that is no number of bytes")
        return value
