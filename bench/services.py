"""Made-up catalogues of any size, on the Kubernetes platform, as the program uses the real one."""

from collections.abc import Callable
from typing import Any

import pulumi
from pydantic.dataclasses import dataclass

from components.audience import ImagesArgs
from components.capacity import CapacityArgs
from components.catalogue import Catalogue, callers, describe
from components.context import Context
from components.platforms.kubernetes.args import KubernetesArgs
from components.platforms.open import open_platform
from components.service import AIService
from components.spec import ServiceSpec
from components.spec.health import Health, HttpCheck, NoTool
from components.spec.mounts import File
from components.spec.network import Edge, Port
from components.spec.runs import Resources
from components.types import STRICT

PORT = 8080


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MadeUpArgs:
    """A made-up service has no settings."""


def catalogue(size: int) -> Catalogue:
    """``size`` services with a configuration file each, every one calling the one before it."""
    return tuple(type(f"MadeUp{number}", (AIService,), _members(number)) for number in range(size))


def _members(number: int) -> dict[str, Any]:
    def spec(_cls: type, _args: MadeUpArgs, _context: Context) -> ServiceSpec:
        check = HttpCheck(port=PORT, path="/health", tool=NoTool(reason="it is made up"))
        before = (Edge(service=f"made-up-{number - 1}", port=PORT),) if number else ()
        return ServiceSpec(
            name=f"made-up-{number}",
            category="data",
            image="made-up:1",
            user=1000,
            group=1000,
            ports=(Port(name="http", number=PORT),),
            health=Health(ready=check, live=check),
            resources=Resources(cpu=0.1, memory=0.1),
            files=(File(path="/etc/made-up/conf", content=f"number {number}\n"),),
            talks_to=before,
        )

    return {
        "service": f"made-up-{number}",
        "args_type": MadeUpArgs,
        "describe": classmethod(spec),
    }


def platform_of(size: int) -> Callable[[], None]:
    """A program that describes and registers ``size`` made-up services."""

    def program() -> None:
        context = Context(environment="staging", kubernetes=True)
        entries = describe({}, context, catalogue(size))
        platform = open_platform(
            "platform",
            KubernetesArgs(kind="kubernetes", namespace="bench"),
            capacity=CapacityArgs(),
            clients=(),
            context=context,
            images=ImagesArgs(),
            secrets={"kubeconfig": pulumi.Config().require_secret("kubeconfig")},
        )
        for entry in entries:
            entry.component(
                entry.spec.name,
                entry.args,
                platform=platform,
                context=entry.context,
                callers=callers(entries, entry.spec),
            )

    return program
