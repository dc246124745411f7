"""DockerPlatform: what all services of one machine share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_docker as docker

from ...audience import ImagesArgs
from .machine import Machine, pulled_image
from .network import EDGE, INTERNAL, networks
from .place import Place
from .service import ServiceResources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...audience import ClientArgs
    from ...context import GpuArgs
    from ...spec import ServiceSpec
    from ...spec.network import Edge
    from .args import DockerArgs


class DockerPlatform(pulumi.ComponentResource):
    """Networks for services on one machine, and services on them.

    Give it a provider by ``opts`` (``providers=[docker_provider(…)]``): its services use the same
    one. Inputs are plain values that policies may read; secrets are never among them.
    """

    internal_network: pulumi.Output[str]
    """Name of the network on which services find each other."""
    edge_network: pulumi.Output[str]
    """Name of the network whose containers can publish ports."""

    def __init__(  # noqa: PLR0913 each is a section of the stack file, and keyword-only
        self,
        name: str,
        args: DockerArgs,
        *,
        environment: str,
        secrets: Mapping[str, pulumi.Output[str]],
        clients: tuple[ClientArgs, ...] = (),
        images: ImagesArgs | None = None,
        gpu: GpuArgs | None = None,
        syslog_port: int | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        place = Place(
            args=args,
            environment=environment,
            clients=clients,
            images=images or ImagesArgs(),
            syslog_port=syslog_port,
        )
        super().__init__("researchflow:index:DockerPlatform", name, component_inputs(place), opts)
        child = pulumi.ResourceOptions(parent=self)
        made = {
            role: docker.Network(f"{name}-{role}", **kwargs, opts=_network_options(self))
            for role, kwargs in networks(place).items()
        }
        self._gpu = gpu
        self._machine = Machine(
            place=place,
            networks=tuple(made.values()),
            writer_image=pulled_image(f"{name}-writer", place.image(args.writer_image), child),
            secrets=dict(secrets),
            provider=self.get_provider("docker:index/container:Container"),
        )
        self.internal_network = made[INTERNAL].name
        self.edge_network = made[EDGE].name
        self.register_outputs(
            {"internalNetwork": self.internal_network, "edgeNetwork": self.edge_network}
        )

    def deliver(self, spec: ServiceSpec, parent: pulumi.Resource) -> Sequence[pulumi.Resource]:
        """The volumes that the server of ``spec`` watches, and what fills them."""
        return ServiceResources(machine=self._machine, spec=spec, parent=parent).deliver()

    def realise(
        self,
        spec: ServiceSpec,
        callers: tuple[Edge, ...],
        parent: pulumi.Resource,
        *,
        delivered: Sequence[pulumi.Resource] = (),
    ) -> None:
        """Register the containers of ``spec`` and all they need, as children of ``parent``.

        Docker cannot allow one container and refuse another on the same network, so ``callers``
        has no effect. ValueError when ``spec`` cannot be met on this machine.
        """
        del callers
        if spec.resources.gpus and self._gpu is None:
            message = (
                f"{spec.name} needs {spec.resources.gpus} GPUs, but the setting gpu is not set"
            )
            raise ValueError(message)
        if spec.all_certificates:
            message = f"{spec.name} wants a certificate of cert-manager, which needs Kubernetes"
            raise ValueError(message)
        ServiceResources(machine=self._machine, spec=spec, parent=parent).register(delivered)


def component_inputs(place: Place) -> dict[str, object]:
    """The facts that policies judge the platform by."""
    return {
        "environment": place.environment,
        "prefix": place.args.prefix,
        "address": place.args.address,
        "mirror": place.images.mirror or "",
        "clients": [client.name for client in place.clients],
    }


def _network_options(parent: pulumi.Resource) -> pulumi.ResourceOptions:
    # Docker 28 adds options of its own (docker/cli#2899); replacing a network that is in use fails.
    return pulumi.ResourceOptions(parent=parent, ignore_changes=["options"])
