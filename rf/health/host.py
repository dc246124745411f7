"""The machine against the guide's "System Requirements": pure, from measured facts to rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from components.capacity import CapacityArgs
from components.context import GpuArgs

from .rows import Row, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

GIGABYTE = 1_000_000_000
"""What the guide and makers of hardware count in; a machine sold with 32 GB has a bit more than
that and less than 32 GiB."""
FILE_SYSTEM_SHARE = 0.93
"""A file system on a disk of 500 GB offers less: ext4 with its defaults takes a good 6 %."""
DOCKER = (20, 10)
"""The guide: Docker 20.10+."""
GUIDE = "the guide's System Requirements"


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One GPU; ``memory`` in bytes."""

    name: str
    memory: int
    driver: str


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Docker: its version, whether it has NVIDIA's runtime, and where its data are."""

    version: str
    nvidia_runtime: bool
    root: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What was measured. Sizes in bytes; ``no_docker`` and ``no_gpu`` say why there is none."""

    cpus: int
    memory: int
    disk: int
    disk_path: str
    gpus: tuple[Gpu, ...] = ()
    no_gpu: str = ""
    engine: Engine | None = None
    no_docker: str = ""


@dataclass(frozen=True, kw_only=True)
class Minimum:
    """What a machine needs; by default, what the guide says.

    ``needs_gpu``: without one, the stack's services cannot run.
    """

    capacity: CapacityArgs = field(default_factory=CapacityArgs)
    gpu: GpuArgs = field(default_factory=GpuArgs)
    needs_gpu: bool = False


def judged(facts: Facts, minimum: Minimum) -> list[Row]:
    """One row for each requirement."""
    return [
        _at_least(
            "CPU",
            have=facts.cpus,
            need=minimum.capacity.cpus,
            unit="cores",
        ),
        _at_least(
            "RAM",
            have=facts.memory / GIGABYTE,
            need=minimum.capacity.memory,
            unit="GB",
        ),
        _at_least(
            f"disk at {facts.disk_path}",
            have=facts.disk / GIGABYTE,
            need=minimum.capacity.disk,
            unit="GB",
            share=FILE_SYSTEM_SHARE,
        ),
        *_gpus(facts, minimum),
        *_docker(facts),
    ]


def _at_least(subject: str, *, have: float, need: float, unit: str, share: float = 1) -> Row:
    enough = have >= need * share
    return Row(
        subject=subject,
        asked=f"at least {need:g} {unit}",
        answer=f"{have:.0f} {unit}",
        verdict=Verdict.OK if enough else Verdict.FAILED,
        advice="" if enough else f"take a larger machine ({GUIDE}), or lower what services take",
    )


def _gpus(facts: Facts, minimum: Minimum) -> Iterator[Row]:
    if not facts.gpus:
        yield Row(
            subject="GPU",
            asked="one that nvidia-smi sees",
            answer=facts.no_gpu,
            verdict=Verdict.FAILED if minimum.needs_gpu else Verdict.NOTE,
            advice="install NVIDIA's driver; without a GPU, models run on the CPU, and services "
            "must not ask for gpus",
        )
        return
    for number, gpu in enumerate(facts.gpus):
        yield _at_least(
            f"VRAM of GPU {number} ({gpu.name})",
            have=gpu.memory / GIGABYTE,
            need=minimum.gpu.vram,
            unit="GB",
        )
    yield Row(
        subject="NVIDIA driver",
        asked="that it answers",
        answer=facts.gpus[0].driver,
        verdict=Verdict.OK,
    )


def _docker(facts: Facts) -> Iterator[Row]:
    asked = f"at least {'.'.join(map(str, DOCKER))}"
    if facts.engine is None:
        yield Row(
            subject="Docker",
            asked=asked,
            answer=facts.no_docker,
            verdict=Verdict.FAILED,
            advice="install Docker Engine, start it, and let this user ask it; another engine is "
            "named by DOCKER_HOST",
        )
        return
    recent = _version(facts.engine.version) >= DOCKER
    yield Row(
        subject="Docker",
        asked=asked,
        answer=facts.engine.version,
        verdict=Verdict.OK if recent else Verdict.FAILED,
        advice="" if recent else "upgrade Docker Engine",
    )
    if facts.gpus:
        there = facts.engine.nvidia_runtime
        yield Row(
            subject="NVIDIA runtime of Docker",
            asked="that Docker knows it",
            answer="there" if there else "not there",
            verdict=Verdict.OK if there else Verdict.FAILED,
            advice=""
            if there
            else "install the NVIDIA Container Toolkit, then run nvidia-ctk runtime configure "
            "--runtime=docker and restart Docker",
        )


def _version(text: str) -> tuple[int, ...]:
    """The first two numbers of a version; (0, 0) where there are none."""
    found = re.match(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)
