"""Opens the platform that a stack deploys to, on a provider of its own."""

from collections.abc import Mapping

import pulumi

from ..audience import ClientArgs, ImagesArgs
from ..capacity import CapacityArgs
from ..context import SYSLOG_PORT, Context
from ..service import Platform
from . import Target


def open_platform(  # noqa: PLR0913 each is a section of the stack file, and keyword-only
    name: str,
    target: Target,
    *,
    capacity: CapacityArgs,
    clients: tuple[ClientArgs, ...],
    context: Context,
    images: ImagesArgs,
    secrets: Mapping[str, pulumi.Output[str]],
) -> Platform:
    """The platform component. Only its own SDK is imported: each takes about a second."""
    if target.kind == "docker":
        from .docker.platform import DockerPlatform
        from .docker.provider import docker_provider

        provider = docker_provider("docker", secrets.get("registryCredentials"))
        return DockerPlatform(
            name,
            target,
            clients=clients,
            images=images,
            gpu=context.gpu,
            syslog_port=SYSLOG_PORT if context.logs else None,
            environment=context.environment,
            secrets=secrets,
            opts=pulumi.ResourceOptions(providers=[provider]),
        )
    from .kubernetes.platform import KubernetesPlatform, kubernetes_provider

    return KubernetesPlatform(
        name,
        target,
        capacity=capacity,
        clients=clients,
        images=images,
        gpu=context.gpu,
        environment=context.environment,
        secrets=secrets,
        opts=pulumi.ResourceOptions(providers=[kubernetes_provider(target, secrets["kubeconfig"])]),
    )
