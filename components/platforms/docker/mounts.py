"""What a container mounts: directories of files, named volumes, memory, and the host for agents."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ...files import directories

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...files import Directory
    from ...spec import ServiceSpec
    from ...spec.mounts import HostMount, Scratch, Volume
    from ...spec.runs import Job
    from .place import Kwargs, Place

SHARED_MEMORY = "/dev/shm"
MIB = 1024


def mebibytes(gibibytes: float) -> int:
    """GiB as whole MiB, at least one."""
    return max(1, round(gibibytes * MIB))


def service_mounts(spec: ServiceSpec, place: Place) -> Kwargs:
    """Everything that a server of ``spec`` mounts."""
    found = directories(spec.files, spec.secret_files)
    entries = [
        *(_directory(directory, spec, place) for directory in found),
        *(_volume(volume, spec, place) for volume in spec.volumes),
        *(_host(mount) for mount in spec.host_mounts),
    ]
    return _mounts(entries, spec.scratch)


def job_mounts(spec: ServiceSpec, job: Job, place: Place) -> Kwargs:
    """What ``job`` mounts: its own files and scratch, and the volumes of its service."""
    found = directories(job.files, job.secret_files)
    entries = [
        *(_directory(directory, spec, place, job) for directory in found),
        *(_volume(volume, spec, place) for volume in spec.volumes),
    ]
    return _mounts(entries, job.scratch)


def directory_volume(
    directory: Directory, spec: ServiceSpec, place: Place, job: Job | None = None
) -> str:
    """Name of the volume that holds ``directory``."""
    owner = (spec.instance, "job", job.name) if job else (spec.instance,)
    return place.named(*owner, "files", directory.slug)


def data_volume(volume: Volume, spec: ServiceSpec, place: Place) -> str:
    """Name of the volume that keeps ``volume``. All replicas on this machine share it."""
    return place.named(spec.instance, "volume", volume.name)


def mount_points(spec: ServiceSpec, job: Job | None = None) -> tuple[str, ...]:
    """Every path at which a server of ``spec``, or ``job`` of it, mounts something."""
    volumes = [volume.path for volume in spec.volumes]
    if job:
        scratch = [space.path for space in job.scratch]
        found = directories(job.files, job.secret_files)
        return (*(entry.path for entry in found), *volumes, *scratch)
    return (
        *(entry.path for entry in directories(spec.files, spec.secret_files)),
        *volumes,
        *(space.path for space in spec.scratch),
        *(mount.path for mount in spec.host_mounts),
    )


def nested_mount_points(path: str, points: Iterable[str]) -> tuple[str, ...]:
    """Those of ``points`` below ``path``, relative to it.

    A container runtime cannot make a mount point inside a volume that is mounted read-only.
    """
    parent = PurePosixPath(path)
    below = (PurePosixPath(point) for point in points)
    return tuple(
        sorted(
            str(point.relative_to(parent))
            for point in below
            if point != parent and point.is_relative_to(parent)
        )
    )


def _mounts(volumes: list[Kwargs], scratch: Iterable[Scratch]) -> Kwargs:
    sizes = {space.path: mebibytes(space.size) for space in scratch}
    shared_memory = sizes.pop(SHARED_MEMORY, None)
    found: Kwargs = {}
    if volumes:
        found["volumes"] = volumes
    if sizes:
        found["tmpfs"] = {path: f"size={size}m,mode=1777" for path, size in sorted(sizes.items())}
    if shared_memory:
        found["shm_size"] = shared_memory
    return found


def _directory(
    directory: Directory, spec: ServiceSpec, place: Place, job: Job | None = None
) -> Kwargs:
    return {
        "volume_name": directory_volume(directory, spec, place, job),
        "container_path": directory.path,
        "read_only": True,
    }


def _volume(volume: Volume, spec: ServiceSpec, place: Place) -> Kwargs:
    return {
        "volume_name": data_volume(volume, spec, place),
        "container_path": volume.path,
        "read_only": volume.read_only,
    }


def _host(mount: HostMount) -> Kwargs:
    return {"host_path": mount.host, "container_path": mount.path, "read_only": True}
