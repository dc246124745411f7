"""Images made of this machine's programs, under the names that the plan gives them.

Each holds what ``tests/e2e`` starts as a process, as files of its own.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import shutil
import tarfile
import tempfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from tests.e2e.harness.sandbox import IMAGE, SEARCH_PATH

from . import rootfs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.e2e.harness.images import Image

    from .rootfs import Files

Blob = dict[str, Any]
"""A descriptor, or what one describes."""

NAME = "io.containerd.image.name"
OCI = "application/vnd.oci.image"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
ETC = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": "root:x:0:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """An OCI image layout in ``folder``, which grows image by image."""

    folder: Path
    manifests: list[Blob] = field(default_factory=list)
    shared: dict[str, Blob] = field(default_factory=dict)

    def add(self, name: str, image: Image) -> None:
        """``image``, called ``name``."""
        layers = [self._shared("tools", rootfs.tools)]
        if f"{IMAGE}/bin/python3" in image.links:
            layers.append(self._shared("python", rootfs.python))
        layers.append(self._layer(rootfs.own(image), image.links))
        started = {
            "Env": [f"PATH={SEARCH_PATH}", *(f"{k}={v}" for k, v in image.environment.items())],
            "Entrypoint": list(image.entrypoint),
        }
        self._manifest(name, layers, started)

    def add_pause(self, name: str) -> None:
        """What keeps the namespaces of a pod: a program that waits."""
        started = {"Env": ["PATH=/bin"], "Entrypoint": ["sleep", "infinity"]}
        self._manifest(name, [self._shared("tools", rootfs.tools)], started)

    def archive(self, target: IO[bytes]) -> None:
        """Write all of it as the tar file that ``ctr images import`` reads."""
        versions: Blob = {"schemaVersion": 2, "manifests": self.manifests}
        (self.folder / "index.json").write_text(json.dumps(versions))
        (self.folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
        with tarfile.open(fileobj=target, mode="w|") as tar:
            tar.add(self.folder, arcname=".")

    def _manifest(self, name: str, layers: list[Blob], started: Blob) -> None:
        config = {
            "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "config": started,
            # A layer that is not compressed has the same digest inside and out.
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": self._blob(f"{OCI}.config.v1+json", io.BytesIO(_json(config))),
            "layers": layers,
        }
        found = self._blob(f"{OCI}.manifest.v1+json", io.BytesIO(_json(manifest)))
        self.manifests.append({**found, "annotations": {NAME: full_name(name)}})

    def _shared(self, name: str, files: Callable[[], Files]) -> Blob:
        if name not in self.shared:
            self.shared[name] = self._layer(files(), {})
        return self.shared[name]

    def _layer(self, files: Files, links: Mapping[str, str]) -> Blob:
        with tempfile.TemporaryFile(dir=self.folder) as file:
            with tarfile.open(fileobj=file, mode="w", dereference=True) as tar:
                for path, source in sorted(files.items()):
                    tar.add(source, arcname=path, recursive=False, filter=of_root)
                for path, target in sorted({**ETC, **links}.items()):
                    tar.addfile(*_small(path, target, link=path in links))
            file.seek(0)
            return self._blob(f"{OCI}.layer.v1.tar", file)

    def _blob(self, kind: str, content: IO[bytes]) -> Blob:
        blobs = self.folder / "blobs/sha256"
        blobs.mkdir(parents=True, exist_ok=True)
        written = blobs / "unnamed"
        with written.open("w+b") as file:
            shutil.copyfileobj(content, file)
            size = file.tell()
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        written.rename(blobs / digest)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": size}


def full_name(name: str) -> str:
    """The reference with its registry: what ``redis:8`` is short for."""
    first, slash, _ = name.partition("/")
    if slash and ("." in first or ":" in first):
        return name
    return f"docker.io/{name}" if slash else f"docker.io/library/{name}"


def _json(content: Blob) -> bytes:
    return json.dumps(content).encode()


def of_root(found: tarfile.TarInfo) -> tarfile.TarInfo:
    found.uid = found.gid = found.mtime = 0
    # Who runs the program is another user.
    found.mode |= 0o444 | (found.mode & 0o100) // 0o10 | (found.mode & 0o100) // 0o100
    return found


def _small(path: str, content: str, *, link: bool) -> tuple[tarfile.TarInfo, io.BytesIO]:
    found = tarfile.TarInfo(path.lstrip("/"))
    if link:
        found.type, found.linkname = tarfile.SYMTYPE, content
        return found, io.BytesIO()
    found.size = len(content.encode())
    return found, io.BytesIO(content.encode())
