"""What the Docker tests share: a plain service, a plain machine, and the plans of both."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi

from components.platforms.docker.args import DockerArgs
from components.platforms.docker.place import Place
from components.platforms.docker.platform import DockerPlatform
from components.platforms.docker.provider import docker_provider
from components.redis import Redis, RedisArgs
from components.spec import ServiceSpec
from components.spec.health import ExecCheck, Health
from components.spec.network import Port
from components.spec.runs import Job, Resources
from rf.plan.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.audience import ImagesArgs
    from components.context import GpuArgs
    from rf.plan.model import Plan, Resource

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


PASSWORD = "a-password-that-nobody-may-see"
CREDENTIALS = json.dumps({"auths": {"registry.example": {"auth": "that-nobody-may-see"}}})


def open_platform(gpu: GpuArgs | None = None, images: ImagesArgs | None = None) -> DockerPlatform:
    provider = docker_provider("docker", pulumi.Output.secret(CREDENTIALS))
    return DockerPlatform(
        "platform",
        DockerArgs(),
        environment="local",
        secrets={"redisPassword": pulumi.Output.secret(PASSWORD)},
        images=images,
        gpu=gpu,
        opts=pulumi.ResourceOptions(providers=[provider]),
    )


class Group(pulumi.ComponentResource):
    """A component that realises one spec, as services do."""

    def __init__(self, name: str, spec: ServiceSpec, platform: DockerPlatform) -> None:
        super().__init__("test:index:Group", name)
        platform.realise(spec, (), self)
        self.register_outputs({})


def redis() -> None:
    Redis("redis", RedisArgs(), platform=open_platform())


def plan_of(program: Callable[[], object]) -> Plan:
    return record(program, project="test", stack="local")


def group(**changes: Any) -> Plan:
    return plan_of(lambda: Group("group", service(**changes), open_platform()))


def named(plan: Plan, name: str, kind: str = "Container") -> Resource:
    (found,) = (each for each in plan.resources if (each.name, each.kind) == (name, kind))
    return found
