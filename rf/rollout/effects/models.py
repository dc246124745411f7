"""Where the models of an Ollama server are: it says so under ``/api/ps``, and nowhere else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core import Model
from . import EffectError

if TYPE_CHECKING:
    from components.spec import ServiceSpec, Track

    from . import InsideEach

PATH = "/api/ps"


class LoadedModels:
    """The models that ``ollama`` has in memory, asked by way of ``inside``.

    Every copy is asked: each is on a machine of its own, with a driver of its own.
    """

    def __init__(self, inside: InsideEach, ollama: ServiceSpec) -> None:
        self._inside = inside
        self._ollama = ollama

    def loaded(self, service: str, track: Track) -> tuple[Model, ...] | None:
        if service != self._ollama.name:
            return None
        answers = self._inside.from_each(replace(self._ollama, track=track), PATH)
        return tuple(model for answer in answers for model in models(answer))


class NoModels:
    """Where nobody is asked."""

    def loaded(self, service: str, track: str) -> tuple[Model, ...] | None:
        del service, track
        return None


def models(text: str) -> tuple[Model, ...]:
    """What the answer ``text`` says; EffectError when it does not say where models are.

    The shape is ``ProcessResponse`` of Ollama's ``api/types.go``.
    """
    try:
        return tuple(
            Model(name=str(each["name"]), size=int(each["size"]), size_vram=int(each["size_vram"]))
            for each in json.loads(text)["models"] or ()
        )
    except (KeyError, TypeError, ValueError) as error:
        raise EffectError(
            f"{PATH} of Ollama does not say where its models are: {type(error).__name__}"
        ) from None
