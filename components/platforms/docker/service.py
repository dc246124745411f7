"""The resources of one service, in the order in which they come to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_docker as docker

from ...files import directories
from .container import job_container, replica_parts, service_container
from .files import SECRET_HASH, owner, secret_hash, upload, writer
from .health import wait_seconds
from .machine import pulled_image
from .mounts import data_volume, directory_volume, mount_points, nested_mount_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...files import Directory
    from ...spec import ServiceSpec
    from ...spec.runs import Job
    from .machine import Machine
    from .place import Kwargs

START_SECONDS = 60
"""What creating and starting a container may take besides becoming healthy."""

# The provider updates these by writing them into the state and nowhere else. And what it could not
# make healthy, or end in time, it would call done at the next `up`: the last entry is the engine's
# name for that, and has it made anew instead.
REPLACE_ON = ["healthcheck", "tmpfs", "cpu_period", "cpu_quota", "#initerror"]


@dataclass(frozen=True, kw_only=True)
class ServiceResources:
    """Registers what ``spec`` needs, as children of ``parent`` and named after it."""

    machine: Machine
    spec: ServiceSpec
    parent: pulumi.Resource

    @property
    def name(self) -> str:
        """The parent's name, with which the names of all children begin."""
        return self.parent.pulumi_resource_name

    def deliver(self) -> list[docker.Container]:
        """What fills the directories that the server watches."""
        return self._directories(directories(self.spec.live_files), prefix=f"{self.spec.instance}-")

    def register(self, delivered: Sequence[pulumi.Resource]) -> None:
        """Image, volumes, files, jobs, then the containers that need them all."""
        spec, place = self.spec, self.machine.place
        image = pulled_image(self.name, place.image(spec.image), self.machine.child_of(self.parent))
        owners = [
            self._fill(
                f"volume-{volume.name}", owner(data_volume(volume, spec, place), spec, place)
            )
            for volume in spec.volumes
        ]
        ready = [image, *self.machine.networks, *owners]
        jobs = [self._job(job, ready) for job in spec.jobs]
        found = directories(spec.files, spec.secret_files)
        writers = self._directories(
            tuple(directory for directory in found if directory.kind != "live")
        )
        self._containers([*ready, *jobs, *writers, *delivered])

    def _containers(self, after: Sequence[pulumi.Resource]) -> None:
        seconds = wait_seconds(self.spec.health.startup_seconds) + START_SECONDS
        secret_labels = self._secret_labels()
        for number, parts in enumerate(replica_parts(self.spec)):
            kwargs = service_container(self.spec, number, self.machine.place)
            kwargs["labels"] += secret_labels
            opts = self._options(after, seconds, hidden="labels" if secret_labels else None)
            docker.Container("-".join((self.name, *parts)), **kwargs, opts=opts)

    def _secret_labels(self) -> list[Kwargs]:
        """The label that replaces a container when a secret changes that it reads only once."""
        files = [file for file in self.spec.secret_files if not file.watched]
        if not files:
            return []
        filled = pulumi.Output.all(
            **{file.path: self.machine.filled(file.template) for file in files}
        )
        return [{"label": SECRET_HASH, "value": filled.apply(secret_hash)}]

    def _job(self, job: Job, after: Sequence[pulumi.Resource]) -> docker.Container:
        writers = self._directories(
            directories(job.files, job.secret_files), job, prefix=f"job-{job.name}-"
        )
        kwargs = job_container(self.spec, job, self.machine.place)
        opts = self._options([*after, *writers], job.timeout_seconds)
        container = docker.Container(f"{self.name}-job-{job.name}", **kwargs, opts=opts)
        return must_succeed(container)

    def _directories(
        self, found: tuple[Directory, ...], job: Job | None = None, prefix: str = ""
    ) -> list[docker.Container]:
        points = mount_points(self.spec, job)
        writers = []
        for directory in found:
            volume = directory_volume(directory, self.spec, self.machine.place, job)
            nested = nested_mount_points(directory.path, points)
            kwargs = writer(directory, self.spec, volume, nested, self.machine.place)
            uploads = self._uploads(directory)
            writers.append(
                self._fill(f"{prefix}files-{directory.slug}", {**kwargs, "uploads": uploads})
            )
        return writers

    def _uploads(self, directory: Directory) -> list[Kwargs]:
        secret = directory.kind == "secret"
        return [
            upload(name, self.machine.filled(content) if secret else content)
            for name, content in sorted(directory.files.items())
            # The provider refuses an empty upload; the writer makes that file itself.
            if content
        ]

    def _fill(self, suffix: str, kwargs: Kwargs) -> docker.Container:
        """A volume, and the one-shot container of the same name that puts something into it."""
        name = f"{self.name}-{suffix}"
        volume = docker.Volume(name, name=kwargs["name"], opts=self.machine.child_of(self.parent))
        opts = self._options([volume, self.machine.writer_image], START_SECONDS, hidden="uploads")
        return must_succeed(docker.Container(name, **kwargs, opts=opts))

    def _options(
        self, after: Sequence[pulumi.Resource], seconds: int, hidden: str | None = None
    ) -> pulumi.ResourceOptions:
        """Options of a container whose creation, with what is waited for, may take ``seconds``.

        ``hidden`` is a property that stays a secret in the state as a whole: the provider may
        answer its entries in another order than it was given them.
        """
        return pulumi.ResourceOptions.merge(
            self.machine.child_of(self.parent),
            pulumi.ResourceOptions(
                depends_on=list(after),
                # Names, ports and single-writer volumes can be had by one container at a time.
                delete_before_replace=True,
                replace_on_changes=REPLACE_ON,
                additional_secret_outputs=[hidden] if hidden else None,
                custom_timeouts=pulumi.CustomTimeouts(create=f"{seconds}s"),
            ),
        )


def must_succeed(container: docker.Container) -> docker.Container:
    """Fail the deployment when the one-shot ``container`` ended badly; the provider does not."""
    pulumi.Output.all(container.exit_code, container.name, container.urn).apply(
        lambda ended: _check_exit(*ended)
    )
    return container


def _check_exit(code: int | None, name: str, urn: str) -> None:
    if code:
        message = (
            f"container {name} ended with exit code {code}; see: docker logs {name}; "
            f"to run it again: pulumi up --replace '{urn}'"
        )
        raise pulumi.RunError(message)
