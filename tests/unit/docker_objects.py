"""What the Docker tests share: a plain service and a plain machine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from components.platforms.docker.args import DockerArgs
from components.platforms.docker.place import Place
from components.spec import ServiceSpec
from components.spec.health import ExecCheck, Health
from components.spec.network import Port
from components.spec.runs import Job, Resources

READY = ExecCheck(command=("ask-me",))
SERVICE = ServiceSpec(
    name="search",
    category="inference",
    image="example/search:1.2.3",
    user=1000,
    group=1001,
    ports=(Port(name="http", number=8000, published=8000), Port(name="metrics", number=8002)),
    health=Health(ready=READY, startup_seconds=90),
    resources=Resources(cpu=0.5, memory=2),
    edge=True,
)
JOB = Job(
    name="load",
    command=("load", "--all"),
    resources=Resources(cpu=1, memory=1),
    timeout_seconds=600,
)
PLACE = Place(args=DockerArgs(prefix="ai"), environment="test")


def service(**changes: Any) -> ServiceSpec:
    """A service without peculiarities, but for ``changes``."""
    return replace(SERVICE, **changes)


def job(**changes: Any) -> Job:
    """A job without peculiarities, but for ``changes``."""
    return replace(JOB, **changes)


def place(**changes: Any) -> Place:
    """A machine without peculiarities, but for ``changes``."""
    return replace(PLACE, **changes)
