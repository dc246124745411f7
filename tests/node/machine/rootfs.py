"""Which files of this machine an image needs.

A program brings the shared libraries that it is linked with; Python brings its standard library,
and a server of our own the packages that its ``requirements.txt`` names.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.harness.images import SITE_PACKAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.harness.images import Image
    from tests.e2e.harness.sandbox import Bind

Files = dict[str, Path]
"""Files of this machine by their path in the image."""

# What the images of the plan have, and its commands and the tests ask for.
TOOLS = ("bash", "cat", "grep", "sh", "sleep")
# Beginnings of names: half of what a standard library's folder holds.
NOT_NEEDED = (
    "config-",
    "dist-packages",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "site-packages",
    "test",
)
LIBRARY_PATH = "LD_LIBRARY_PATH"
ELF = b"\x7fELF"
AT_A_TIME = 200
DEBIAN_PROMETHEUS = Path("/usr/share/prometheus")
"""What Debian's builds of Prometheus' programs read, and others have built in."""


def tools() -> Files:
    """A shell and a few commands."""
    return with_libraries({f"/bin/{name}": Path(str(shutil.which(name))) for name in TOOLS})


def python() -> Files:
    """The interpreter that runs the tests, and its standard library, at their own paths."""
    executable, library = Path(sys.executable).resolve(), Path(sysconfig.get_path("stdlib"))
    return with_libraries({str(executable): executable, **walk(library, str(library), NOT_NEEDED)})


def own(image: Image) -> Files:
    """What ``image`` binds; of the packages of this Python only those that it requires."""
    found: Files = {}
    for bind in image.binds:
        if bind.target == SITE_PACKAGES:
            found |= packages(_requirements(image.binds))
        elif bind.source != sys.base_prefix:
            found |= walk(Path(bind.source), bind.target)
        if bind.source.startswith("/usr/bin/prometheus-"):
            found |= walk(DEBIAN_PROMETHEUS, str(DEBIAN_PROMETHEUS))
    search = [b.source for b in image.binds if b.target in image.environment.get(LIBRARY_PATH, "")]
    return with_libraries(found, search)


def walk(source: Path, target: str, without: Iterable[str] = ()) -> Files:
    """``source`` as ``target``: a file, or a folder's files, less those that begin ``without``."""
    if not source.is_dir():
        return {target: source}
    found: Files = {}
    for folder, folders, files in os.walk(source):
        folders[:] = [name for name in folders if not name.startswith(tuple(without))]
        below = Path(target) / Path(folder).relative_to(source)
        found |= {str(below / name): Path(folder) / name for name in files}
    return found


def packages(names: Iterable[str]) -> Files:
    """The files of installed distributions, below the folder that images have for packages."""
    found: Files = {}
    for name in names:
        for file in metadata.distribution(name).files or ():
            path = Path(str(file.locate()))
            if not file.parts[0].startswith("..") and path.is_file():
                found[f"{SITE_PACKAGES}/{file}"] = path
    return found


def _requirements(binds: Iterable[Bind]) -> set[str]:
    """What the server bound to ``/app`` requires; nothing where there is none."""
    found: set[str] = set()
    for bind in binds:
        file = Path(bind.source) / "requirements.txt"
        if bind.target == "/app" and file.exists():
            found |= set(re.findall(r"^([\w.-]+)==", file.read_text(), re.MULTILINE))
    return found


def with_libraries(files: Files, search: Iterable[str] = ()) -> Files:
    """``files`` and the shared libraries of the machine that they are linked with.

    ``search``: folders of this machine where a library is looked for first.
    """
    programs = [str(path) for path in set(files.values()) if _is_elf(path)]
    there = {os.path.realpath(path) for path in files.values()}
    found = dict(files)
    for first in range(0, len(programs), AT_A_TIME):
        said = subprocess.run(
            ["ldd", *programs[first : first + AT_A_TIME]],
            env={"LC_ALL": "C", "PATH": os.defpath, LIBRARY_PATH: ":".join(search)},
            capture_output=True,
            text=True,
            # It also fails for a program that is linked with nothing.
            check=False,
        ).stdout
        for library in re.findall(r"(?:=> |^\t)(/\S+) \(0x", said, re.MULTILINE):
            if os.path.realpath(library) not in there:
                found[library] = Path(library)
    return found


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(ELF)) == ELF
