"""From a spec and what stands for its image to a sandbox: paths, files, volumes, user.

Files and their owners are as the Docker platform's writer leaves them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from components.files import directories, fill
from components.platforms.docker.files import PLAIN_MODE, SECRET_MODE
from components.platforms.docker.mounts import mebibytes, mount_points, nested_mount_points

from .sandbox import Bind, Sandbox
from .world import HUB

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from components.files import Directory
    from components.spec import ServiceSpec

    from .images import Image

ETC = {
    "passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "group": "root:x:0:\n",
    "hosts": "127.0.0.1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "resolv.conf": f"nameserver {HUB}\noptions ndots:0\n",
}


def sandbox(spec: ServiceSpec, image: Image, folder: Path, secrets: Mapping[str, str]) -> Sandbox:
    """The container of ``spec``, with its files written below ``folder``."""
    return Sandbox(
        user=spec.user,
        group=spec.group,
        argv=argv(spec, image),
        environment={**image.environment, **spec.environment},
        binds=(
            *image.binds,
            *_etc(folder),
            *(
                Bind(source=str(written(found, spec, folder, secrets)), target=found.path)
                for found in directories(spec.files, spec.secret_files)
            ),
            *(
                Bind(
                    source=str(_owned(volume(spec, needed.name, folder.parent), spec)),
                    target=needed.path,
                    writable=not needed.read_only,
                )
                for needed in spec.volumes
            ),
            *(
                Bind(source=mount.host, target=mount.path, recursive=True)
                for mount in spec.host_mounts
            ),
        ),
        links=image.links,
        memory={space.path: mebibytes(space.size) for space in spec.scratch},
        capabilities=spec.capabilities,
        read_only_root=spec.read_only_root,
    )


def argv(spec: ServiceSpec, image: Image) -> tuple[str, ...]:
    """The command line, as a container runtime puts it together; a stand-in has its own."""
    if image.stands_in:
        return image.entrypoint
    return (*(spec.command or image.entrypoint), *spec.args)


def written(found: Directory, spec: ServiceSpec, folder: Path, secrets: Mapping[str, str]) -> Path:
    """The machine's directory that holds ``found``, secrets in place."""
    target = folder / "files" / found.slug
    for point in nested_mount_points(found.path, mount_points(spec)):
        (target / point).mkdir(parents=True, exist_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    secret = found.kind == "secret"
    for name, content in found.files.items():
        text = fill(content, secrets) if secret else content
        replaced(target / name, text, spec, SECRET_MODE if secret else PLAIN_MODE)
    return target


def replaced(path: Path, text: str, spec: ServiceSpec, mode: str = PLAIN_MODE) -> None:
    """Write a file beside ``path`` and rename it there: who reads sees the old one or the new."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text)
    beside.chmod(int(mode, 8))
    os.chown(beside, spec.user, spec.group)
    beside.rename(path)


def volume(spec: ServiceSpec, name: str, folder: Path) -> Path:
    """The machine's directory for a volume, which all copies of the service share."""
    return folder / "volumes" / f"{spec.instance}-{name}"


def _owned(path: Path, spec: ServiceSpec) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    os.chown(path, spec.user, spec.group)
    return path


def _etc(folder: Path) -> list[Bind]:
    etc = folder / "etc"
    etc.mkdir(parents=True, exist_ok=True)
    for name, text in ETC.items():
        (etc / name).write_text(text)
        (etc / name).chmod(0o444)
    return [Bind(source=str(etc / name), target=f"/etc/{name}") for name in ETC]
