"""Images made of this machine's own programs: nothing is pulled.

One root file system holds Envoy, Python, a shell and the model server; the images differ in one
variable only.
"""

from __future__ import annotations

import io
import shutil
import sys
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.harness.images import Image, envoy
from tests.node.machine import rootfs
from tests.node.machine.images import of_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

    from tests.node.machine.rootfs import Files

TOOLS = ("bash", "cat", "chmod", "chown", "mkdir", "mv", "rm", "sh", "sleep", "timeout")
CURL = """#!/bin/bash
# The one call that health checks make: curl [options] http://127.0.0.1:PORT/PATH
address=${@: -1} address=${address#http://127.0.0.1:}
exec 3<>"/dev/tcp/127.0.0.1/${address%%/*}" || exit 7
printf 'GET /%s HTTP/1.0\\r\\n\\r\\n' "${address#*/}" >&3
read -r _ status _ <&3 && [[ $status == 2* ]]
"""
TRITON = f"""#!/bin/bash
exec python3 /opt/{Path(__file__).with_name("model_server.py").name}
"""
IMAGES = {"platform": "", "model-1": "", "model-2": "FAILING=0", "model-3": "FAILING=1"}
"""What is set in each image, by its tag. ``model-2`` is a good new version, ``model-3`` a bad."""


@contextmanager
def images(engine: DockerClient, repository: str) -> Iterator[None]:
    """Meanwhile the engine has ``repository:TAG`` for every tag of ``IMAGES``."""
    made: list[str] = []
    try:
        with tempfile.TemporaryFile() as file:
            _pack(file)
            file.seek(0)
            engine.api.import_image_from_data(file, repository=repository, tag="base")
        made.append(f"{repository}:base")
        for tag, variable in IMAGES.items():
            lines = [f"FROM {repository}:base", "ENV PATH=/bin"]
            lines += [f"ENV {variable}"] if variable else []
            recipe = io.BytesIO("\n".join(lines).encode())
            engine.images.build(fileobj=recipe, tag=f"{repository}:{tag}", rm=True)
            made.append(f"{repository}:{tag}")
        yield
    finally:
        for name in reversed(made):
            engine.images.remove(name, force=True)


def _pack(target: io.BufferedIOBase) -> None:
    with tarfile.open(fileobj=target, mode="w", dereference=True) as tar:
        for folder, mode in (("tmp", 0o1777), ("dev", 0o755), ("proc", 0o755), ("sys", 0o755)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        for path, source in sorted(_files().items()):
            tar.add(source, arcname=path, recursive=False, filter=of_root)
        python = tarfile.TarInfo("bin/python3")
        python.type, python.linkname = tarfile.SYMTYPE, str(Path(sys.executable).resolve())
        tar.addfile(python)
        for path, text in (("bin/curl", CURL), ("bin/tritonserver", TRITON)):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(text.encode()), 0o755
            tar.addfile(entry, io.BytesIO(text.encode()))


def _files() -> Files:
    found = envoy()
    assert isinstance(found, Image)
    (program,) = found.binds
    server = Path(__file__).with_name("model_server.py")
    tools = {f"/bin/{name}": Path(str(shutil.which(name))) for name in TOOLS}
    return {
        **rootfs.python(),
        **rootfs.with_libraries({**tools, "/bin/envoy": Path(program.source)}),
        f"/opt/{server.name}": server,
    }
