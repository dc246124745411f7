"""DockerPlatform: the effects. What things look like is decided in the modules beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_docker as docker

from ...files import directories, fill, secret_names
from .container import job_container, label_list, replica_parts, service_container
from .files import SECRET_HASH, owner, secret_hash, upload, writer
from .health import wait_seconds
from .mounts import data_volume, directory_volume, mount_points, nested_mount_points
from .network import networks
from .place import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...audience import ClientArgs, ImagesArgs
    from ...context import GpuArgs
    from ...files import Directory
    from ...spec import Edge, Job, ServiceSpec
    from .args import DockerArgs
    from .place import Kwargs

IMAGE_PULL_SECONDS = 3600
START_SECONDS = 60
"""What creating and starting a container may take besides becoming healthy."""

# The provider changes these "in place" by writing them into the state and nowhere else; and a
# container that never became healthy, or a job that ran out of time, is to be made anew by the next
# `up`, where the provider alone would call it done.
REPLACE_ON = ["healthcheck", "tmpfs", "cpu_period", "cpu_quota", "#initerror"]


class DockerPlatform(pulumi.ComponentResource):
    """Networks for services on one machine; realises each service as containers."""

    internal_network: pulumi.Output[str]
    """Name of the network on which services find each other."""
    edge_network: pulumi.Output[str]
    """Name of the network whose containers can publish ports."""

    def __init__(
        self,
        name: str,
        args: DockerArgs,
        *,
        clients: tuple[ClientArgs, ...],
        images: ImagesArgs,
        gpu: GpuArgs | None,
        environment: str,
        secrets: Mapping[str, pulumi.Output[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "prefix": args.prefix,
            "environment": environment,
            "address": args.address,
            "mirror": images.mirror or "",
            "clients": [client.name for client in clients],
        }
        super().__init__("researchflow:index:DockerPlatform", name, inputs, opts)
        self._place = Place(args=args, environment=environment, clients=clients, images=images)
        self._gpu = gpu
        self._secrets = secrets
        self._networks = {
            role: docker.Network(f"{name}-{role}", **kwargs, opts=self._child_of(self))
            for role, kwargs in networks(self._place).items()
        }
        self._writer_image = self._image(f"{name}-writer", args.writer_image, self)
        self.internal_network = self._networks["internal"].name
        self.edge_network = self._networks["edge"].name
        self.register_outputs(
            {"internalNetwork": self.internal_network, "edgeNetwork": self.edge_network}
        )

    def realise(
        self, spec: ServiceSpec, callers: tuple[Edge, ...], parent: pulumi.Resource
    ) -> None:
        """Make the containers of ``spec`` and all they need, as children of ``parent``.

        Docker cannot allow one container and refuse another on the same network, so ``callers``
        has no effect here. ValueError when the spec cannot be met.
        """
        del callers
        if spec.resources.gpus and self._gpu is None:
            message = (
                f"{spec.name} needs {spec.resources.gpus} GPUs, but the setting gpu is not set"
            )
            raise ValueError(message)
        name = parent.pulumi_resource_name
        image = self._image(name, spec.image, parent)
        before = [image, *self._networks.values()]
        before += self._data_volumes(name, spec, parent)
        jobs = [self._job(name, spec, job, before, parent) for job in spec.jobs]
        found = directories(spec.files, spec.secret_files)
        points = mount_points(spec)
        writers = [self._directory(name, spec, entry, points, parent) for entry in found]
        self._service(name, spec, [*before, *jobs, *writers], parent)

    def _service(
        self,
        name: str,
        spec: ServiceSpec,
        before: Sequence[pulumi.Resource],
        parent: pulumi.Resource,
    ) -> None:
        seconds = wait_seconds(spec.health.startup_seconds) + START_SECONDS
        opts = self._container_opts(parent, before, seconds)
        filled = self._secret_files(spec)
        if filled is not None:
            opts.additional_secret_outputs = ["labels"]
        for number, parts in enumerate(replica_parts(spec)):
            kwargs = service_container(spec, number, self._place)
            if filled is not None:
                label = {"label": SECRET_HASH, "value": filled.apply(secret_hash)}
                kwargs["labels"] = [*kwargs["labels"], label]
            docker.Container("-".join((name, *parts)), **kwargs, opts=opts)

    def _job(
        self,
        name: str,
        spec: ServiceSpec,
        job: Job,
        before: Sequence[pulumi.Resource],
        parent: pulumi.Resource,
    ) -> docker.Container:
        name = f"{name}-job-{job.name}"
        points = mount_points(spec, job)
        writers = [
            self._directory(name, spec, entry, points, parent, job)
            for entry in directories(job.files)
        ]
        kwargs = job_container(spec, job, self._place)
        opts = self._container_opts(parent, [*before, *writers], job.timeout_seconds)
        return must_succeed(docker.Container(name, **kwargs, opts=opts))

    def _directory(
        self,
        name: str,
        spec: ServiceSpec,
        directory: Directory,
        points: tuple[str, ...],
        parent: pulumi.Resource,
        job: Job | None = None,
    ) -> docker.Container:
        volume = directory_volume(directory, spec, self._place, job)
        nested = nested_mount_points(directory.path, points)
        kwargs = writer(directory, spec, volume, nested, self._place)
        kwargs["uploads"] = [
            upload(file, self._secret(content) if directory.kind == "secret" else content)
            for file, content in sorted(directory.files.items())
            # The provider refuses an empty upload; the writer makes that file itself.
            if content
        ]
        return self._fill(f"{name}-files-{directory.slug}", volume, kwargs, parent)

    def _data_volumes(
        self, name: str, spec: ServiceSpec, parent: pulumi.Resource
    ) -> list[docker.Container]:
        return [
            self._fill(
                f"{name}-volume-{volume.name}",
                data_volume(volume, spec, self._place),
                owner(data_volume(volume, spec, self._place), spec, self._place),
                parent,
            )
            for volume in spec.volumes
        ]

    def _fill(
        self, name: str, volume: str, kwargs: Kwargs, parent: pulumi.Resource
    ) -> docker.Container:
        """A volume, and the one-shot container that puts something into it."""
        made = docker.Volume(name, name=volume, opts=self._child_of(parent))
        opts = self._container_opts(parent, [made, self._writer_image], START_SECONDS)
        opts.additional_secret_outputs = ["uploads"]
        return must_succeed(docker.Container(name, **kwargs, opts=opts))

    def _image(self, name: str, image: str, parent: pulumi.Resource) -> docker.RemoteImage:
        """Pulls ``image`` unless the machine has it; ours are built there and never pulled."""
        timeouts = pulumi.CustomTimeouts(create=f"{IMAGE_PULL_SECONDS}s")
        opts = pulumi.ResourceOptions.merge(
            self._child_of(parent), pulumi.ResourceOptions(custom_timeouts=timeouts)
        )
        return docker.RemoteImage(
            f"{name}-image", name=self._place.image(image), keep_locally=True, opts=opts
        )

    def _secret_files(self, spec: ServiceSpec) -> pulumi.Output[dict[str, str]] | None:
        if not spec.secret_files:
            return None
        return pulumi.Output.all(
            **{file.path: self._secret(file.template) for file in spec.secret_files}
        )

    def _secret(self, template: str) -> pulumi.Output[str]:
        """``template`` filled in; always a secret, whatever it is made of."""
        needed = {name: self._secrets[name] for name in secret_names(template)}
        filled = pulumi.Output.all(**needed).apply(lambda values: fill(template, values))
        return pulumi.Output.secret(filled)

    def _child_of(self, parent: pulumi.Resource) -> pulumi.ResourceOptions:
        provider = self.get_provider("docker:index/container:Container")
        return pulumi.ResourceOptions(parent=parent, provider=provider)

    def _container_opts(
        self, parent: pulumi.Resource, before: Sequence[pulumi.Resource], seconds: int
    ) -> pulumi.ResourceOptions:
        """``seconds``: how long creating the container may take, what it is waited for included."""
        return pulumi.ResourceOptions.merge(
            self._child_of(parent),
            pulumi.ResourceOptions(
                depends_on=list(before),
                # Names, ports and single-writer volumes can be had by one container at a time.
                delete_before_replace=True,
                replace_on_changes=REPLACE_ON,
                custom_timeouts=pulumi.CustomTimeouts(create=f"{seconds}s"),
            ),
        )


def must_succeed(container: docker.Container) -> docker.Container:
    """Fail the deployment when a one-shot ``container`` ended badly; the provider does not."""
    pulumi.Output.all(container.exit_code, container.name, container.urn).apply(
        lambda values: _check_exit(*values)
    )
    return container


def _check_exit(code: int | None, name: str, urn: str) -> None:
    if code:
        message = (
            f"container {name} ended with exit code {code}; see: docker logs {name}; "
            f"to run it again: pulumi up --replace '{urn}'"
        )
        raise pulumi.RunError(message)
