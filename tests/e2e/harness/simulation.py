"""What a stand-in answers: whatever the spec's own checks and Prometheus ask for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from components.spec.health import HttpCheck
from tests.services import ollama_stand_in as ollama

from .images import Image, python
from .sandbox import Bind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.spec import ServiceSpec

PROGRAM = "/stand_in.py"
MODEL = "llama3.2:3b"
PARTICULAR: Mapping[str, Mapping[str, str]] = {
    "ollama": {
        "/api/version": '{"version": "0.0.0-stand-in"}',
        "/api/tags": ollama.models(ollama.on_disk(MODEL)).decode(),
        "/api/ps": ollama.models(ollama.in_memory(MODEL, size=4 * 10**9, vram=0)).decode(),
    }
}


def stand_in(spec: ServiceSpec) -> Image:
    """An image that answers in the place of ``spec``."""
    base = python()
    told = {"ports": [port.number for port in spec.ports], "answers": answers(spec)}
    return replace(
        base,
        version="a stand-in",
        stands_in=True,
        entrypoint=("python3", PROGRAM, json.dumps(told)),
        binds=(
            *base.binds,
            Bind(source=str(Path(__file__).with_name("stand_in.py")), target=PROGRAM),
        ),
    )


def answers(spec: ServiceSpec) -> dict[str, str]:
    """Bodies by path."""
    checks = (spec.health.startup, spec.health.ready, spec.health.live)
    found = {check.path: "" for check in checks if isinstance(check, HttpCheck)}
    if spec.scrape:
        found[spec.scrape.path] = "stand_in 1\n"
    return {**found, **PARTICULAR.get(spec.name, {})}
