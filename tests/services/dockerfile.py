"""Reads a Dockerfile as its instructions, stage by stage."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2] / "services"
IMAGES = ("faiss_server", "ollama_exporter")


@dataclass(frozen=True)
class Instruction:
    """``USER 10001:10001`` is name ``USER`` and rest ``10001:10001``."""

    name: str
    rest: str

    @property
    def words(self) -> list[str]:
        """The words of the exec form; ValueError for a command that a shell would read."""
        found: list[str] = json.loads(self.rest)
        return found


def instructions(image: str) -> list[Instruction]:
    """All instructions of an image's Dockerfile, continued lines joined, without comments."""
    lines = (ROOT / image / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", text)
    return [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def stages(image: str) -> list[list[Instruction]]:
    """The instructions of each stage, beginning with its FROM."""
    found: list[list[Instruction]] = []
    for each in instructions(image):
        if each.name == "FROM":
            found.append([])
        if found:
            found[-1].append(each)
    return found


def only(name: str, stage: list[Instruction]) -> Instruction:
    """The one instruction of this name."""
    (found,) = (each for each in stage if each.name == name)
    return found
