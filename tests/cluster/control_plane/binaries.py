"""Where the programs of the control plane are: in a cache outside the repository, or on PATH."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MODULE = Path(__file__).parents[1] / "build"
"""The Go module that pins what is built; ``tests/cluster/control_plane/build.py`` builds it."""
KUBERNETES = "k8s.io/kubernetes"
MAJOR_VERSION = re.compile(r"/v\d+$")


@dataclass(frozen=True, kw_only=True)
class GoProgram:
    """A program that is built from a pinned Go module, on any Linux.

    ``pinned_in`` is the folder of the Go module that requires ``module``; ``path`` is the package
    inside ``module``, ``cmd/<name>`` unless said. ``cgo`` programs link with C libraries. Where one
    of another version on PATH is no help, the program has to be ``exact``.
    """

    name: str
    module: str
    pinned_in: Path = MODULE
    path: str | None = None
    tags: tuple[str, ...] = ()
    cgo: bool = False
    exact: bool = False

    @property
    def package(self) -> str:
        """What ``go build`` is asked for."""
        path = f"cmd/{self.name}" if self.path is None else self.path
        return f"{self.module}/{path}".rstrip("/")

    @property
    def version(self) -> str:
        """The version of the module that ``go.mod`` pins, as v1.37.2."""
        file = self.pinned_in / "go.mod"
        pinned = re.search(rf"^\t{re.escape(self.module)} (v\S+)$", file.read_text(), re.MULTILINE)
        if pinned is None:
            raise LookupError(f"{file} does not require {self.module}")
        return pinned[1]


@dataclass(frozen=True, kw_only=True)
class Kit:
    """What one tier starts: ``built`` by the make target ``make``, ``system`` from Debian packages.

    ``system`` gives the package of each program.
    """

    built: tuple[GoProgram, ...]
    system: Mapping[str, str]
    make: str


CLUSTER = Kit(
    built=(
        GoProgram(name="kube-apiserver", module=KUBERNETES),
        GoProgram(name="kube-controller-manager", module=KUBERNETES),
        GoProgram(name="kube-scheduler", module=KUBERNETES),
        GoProgram(name="kwok", module="sigs.k8s.io/kwok"),
    ),
    system={"etcd": "etcd-server", "openssl": "openssl", "setpriv": "util-linux"},
    make="test-cluster",
)

Binaries = Mapping[str, Path]
"""Programs by name."""


class MissingProgramsError(Exception):
    """What is not there and how to get it, in one line."""


def cached(program: GoProgram) -> Path:
    """Where ``program`` lies once it is built.

    ``RF_CLUSTER_BIN`` names one folder for all; otherwise each module and version has its own below
    the user's cache.
    """
    if folder := os.environ.get("RF_CLUSTER_BIN"):
        return Path(folder) / program.name
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    module = MAJOR_VERSION.sub("", program.module).rpartition("/")[2]
    return cache / "researchflow-ai" / f"{module}-{program.version}" / program.name


def located(program: GoProgram) -> Path | None:
    """The pinned version where it has been built, else whatever is on PATH if that will do."""
    pinned = cached(program)
    if pinned.is_file():
        return pinned
    found = None if program.exact else shutil.which(program.name)
    return Path(found) if found else None


def unbuilt(kit: Kit = CLUSTER) -> tuple[GoProgram, ...]:
    """What would have to be built."""
    return tuple(program for program in kit.built if located(program) is None)


def binaries(kit: Kit = CLUSTER) -> Binaries:
    """All programs; MissingProgramsError when one cannot be found."""
    found: dict[str, Path] = {}
    for name in kit.system:
        if on_path := shutil.which(name):
            found[name] = Path(on_path)
    for program in kit.built:
        if path := located(program):
            found[program.name] = path
    if missing := _how_to_get(kit, found):
        raise MissingProgramsError(missing)
    return found


def _how_to_get(kit: Kit, found: Binaries) -> str:
    packages = {name: package for name, package in kit.system.items() if name not in found}
    programs = [program for program in kit.built if program.name not in found]
    parts = []
    if packages:
        debian = " ".join(sorted(set(packages.values())))
        parts.append(f"{', '.join(packages)} not on PATH (Debian: {debian})")
    if programs:
        names = ", ".join(program.name for program in programs)
        folder = cached(programs[0]).parent
        go = "" if shutil.which("go") else ", which needs Go on PATH"
        parts.append(
            f"{names} neither in {folder} nor on PATH; make {kit.make} builds them once, in about "
            f"a quarter of an hour{go}"
        )
    return "; ".join(parts)
