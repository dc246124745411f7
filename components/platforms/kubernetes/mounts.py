"""What a pod mounts: directories of files, claims, memory, and the host for per-node agents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...files import directories
from .certificates import secret_name
from .files import object_name
from .naming import fitted, owner
from .quantity import memory
from .storage import claim_spec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...files import Directory
    from ...spec import ServiceSpec
    from ...spec.mounts import Certificate, Scratch
    from ...spec.runs import Job, ScheduledJob, Sidecar
    from .cluster import Cluster
    from .manifest import Body

# Of the group, which is the pod's fsGroup, and of nobody else.
SECRET_MODE = 0o440


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A volume of a pod together with the place where its container sees it."""

    name: str
    path: str
    source: Body
    read_only: bool = False
    propagation: str | None = None

    def volume(self) -> Body:
        """The entry below ``volumes``."""
        return {"name": self.name, **self.source}

    def mount(self) -> Body:
        """The entry below ``volumeMounts``; a whole directory, as no ``subPath`` is refreshed."""
        extra: Body = {"readOnly": True} if self.read_only else {}
        if self.propagation:
            extra["mountPropagation"] = self.propagation
        return {"name": self.name, "mountPath": self.path, **extra}


def server_mounts(spec: ServiceSpec) -> tuple[Mount, ...]:
    """What the server mounts."""
    return (
        *_files(owner(spec), directories(spec.files, spec.secret_files)),
        *_certificates(spec, spec.certificates),
        *_claims(spec),
        *_scratch(spec.scratch),
        *_host(spec),
    )


def sidecar_mounts(spec: ServiceSpec, sidecar: Sidecar) -> tuple[Mount, ...]:
    """What the sidecar of ``spec`` mounts: its own files and its certificate."""
    return (
        *_files(owner(spec), directories(sidecar.files)),
        *_certificates(spec, (sidecar.certificate,)),
    )


def job_mounts(spec: ServiceSpec, job: Job) -> tuple[Mount, ...]:
    """What ``job`` mounts: its own files and scratch, and the volumes of its service."""
    return (
        *_files(owner(spec, job), directories(job.files, job.secret_files)),
        *_claims(spec),
        *_scratch(job.scratch),
    )


def scheduled_mounts(spec: ServiceSpec, job: ScheduledJob, cluster: Cluster) -> tuple[Mount, ...]:
    """What ``job`` mounts: its own files, scratch and disk, and nothing of its service."""
    return (
        *_files(owner(spec, job), directories(job.files, job.secret_files)),
        *_scratch(job.scratch),
        *_disk(job.disk, cluster),
        *_authority(spec, job.trusts),
    )


def _files(prefix: str, found: Iterable[Directory]) -> list[Mount]:
    mounts = []
    for directory in found:
        name = object_name(prefix, directory)
        source: Body = {"configMap": {"name": name}}
        if directory.kind == "secret":
            source = {"secret": {"secretName": name, "defaultMode": SECRET_MODE}}
        volume = fitted(f"{directory.kind}-{directory.slug}")
        mounts.append(Mount(name=volume, path=directory.path, source=source, read_only=True))
    return mounts


def _certificates(spec: ServiceSpec, wanted: Iterable[Certificate]) -> list[Mount]:
    return [
        Mount(
            name=f"certificate-{each.name}",
            path=each.path,
            source={"secret": {"secretName": secret_name(spec, each), "defaultMode": SECRET_MODE}},
            read_only=True,
        )
        for each in wanted
    ]


def _authority(spec: ServiceSpec, found: Certificate | None) -> list[Mount]:
    if found is None:
        return []
    only = {"items": [{"key": "ca.crt", "path": "ca.crt"}]}
    source: Body = {"secret": {"secretName": secret_name(spec, found), **only}}
    return [Mount(name="authority", path=found.path, source=source, read_only=True)]


def _claims(spec: ServiceSpec) -> list[Mount]:
    return [
        Mount(
            name=fitted(f"volume-{volume.name}"),
            path=volume.path,
            source={"persistentVolumeClaim": {"claimName": f"{spec.instance}-{volume.name}"}},
            read_only=volume.read_only,
        )
        for volume in spec.volumes
    ]


def _scratch(scratch: Iterable[Scratch]) -> list[Mount]:
    return [
        Mount(
            name=fitted("scratch-" + space.path.strip("/").lower().replace("/", "-")),
            path=space.path,
            source={"emptyDir": {"medium": "Memory", "sizeLimit": memory(space.size)}},
        )
        for space in scratch
    ]


def _disk(disk: Scratch | None, cluster: Cluster) -> list[Mount]:
    """A claim that Kubernetes makes with the pod and deletes with it."""
    if disk is None:
        return []
    template = {"spec": claim_spec(disk.size, cluster)}
    source: Body = {"ephemeral": {"volumeClaimTemplate": template}}
    return [Mount(name="disk", path=disk.path, source=source)]


def _host(spec: ServiceSpec) -> list[Mount]:
    return [
        Mount(
            name=f"host-{number}",
            path=mount.path,
            source={"hostPath": {"path": mount.host}},
            read_only=True,
            # Filesystems that the host mounts later are seen too.
            propagation="HostToContainer",
        )
        for number, mount in enumerate(spec.host_mounts)
    ]
