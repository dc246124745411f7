"""From a spec and what stands for its image to a sandbox: paths, files, volumes, user, environment.

Files and owners are as the Docker platform's writer leaves them (components/platforms/docker/files).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from components.files import directories, fill
from components.platforms.docker.files import PLAIN_MODE, SECRET_MODE
from components.platforms.docker.mounts import mebibytes, mount_points, nested_mount_points

from .sandbox import Bind, Sandbox
from .world import HUB

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        argv=(*(spec.command or image.entrypoint), *spec.args),
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
                    source=str(_volume(volume.name, spec, folder)),
                    target=volume.path,
                    writable=not volume.read_only,
                )
                for volume in spec.volumes
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


def written(
    found: Directory, spec: ServiceSpec, folder: Path, secrets: Mapping[str, str]
) -> Path:
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


def _volume(name: str, spec: ServiceSpec, folder: Path) -> Path:
    volume = folder.parent / "volumes" / f"{spec.instance}-{name}"
    volume.mkdir(parents=True, exist_ok=True)
    os.chown(volume, spec.user, spec.group)
    return volume


def _etc(folder: Path) -> list[Bind]:
    etc = folder / "etc"
    etc.mkdir(parents=True, exist_ok=True)
    for name, text in ETC.items():
        (etc / name).write_text(text)
        (etc / name).chmod(0o444)
    return [Bind(source=str(etc / name), target=f"/etc/{name}") for name in ETC]
