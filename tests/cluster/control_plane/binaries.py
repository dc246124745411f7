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


@dataclass(frozen=True, kw_only=True)
class GoProgram:
    """A program that is built from a pinned Go module, on any Linux."""

    name: str
    module: str

    @property
    def package(self) -> str:
        """What ``go build`` is asked for."""
        return f"{self.module}/cmd/{self.name}"

    @property
    def version(self) -> str:
        """The version of the module that ``go.mod`` pins, as v1.37.2."""
        pinned = re.search(
            rf"^\t{re.escape(self.module)} (v\S+)$", (MODULE / "go.mod").read_text(), re.MULTILINE
        )
        if pinned is None:
            raise LookupError(f"{MODULE / 'go.mod'} does not require {self.module}")
        return pinned[1]


GO_PROGRAMS = (
    GoProgram(name="kube-apiserver", module="k8s.io/kubernetes"),
    GoProgram(name="kube-controller-manager", module="k8s.io/kubernetes"),
    GoProgram(name="kube-scheduler", module="k8s.io/kubernetes"),
    GoProgram(name="kwok", module="sigs.k8s.io/kwok"),
)
# Program to Debian package.
SYSTEM_PROGRAMS = {"etcd": "etcd-server", "openssl": "openssl", "setpriv": "util-linux"}

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
    module = program.module.rpartition("/")[2]
    return cache / "researchflow-ai" / f"{module}-{program.version}" / program.name


def located(program: GoProgram) -> Path | None:
    """The pinned version where it has been built, else whatever is on PATH."""
    pinned = cached(program)
    if pinned.is_file():
        return pinned
    found = shutil.which(program.name)
    return Path(found) if found else None


def unbuilt() -> tuple[GoProgram, ...]:
    """What would have to be built."""
    return tuple(program for program in GO_PROGRAMS if located(program) is None)


def binaries() -> Binaries:
    """All programs; MissingProgramsError when one cannot be found."""
    found: dict[str, Path] = {}
    for name in SYSTEM_PROGRAMS:
        if on_path := shutil.which(name):
            found[name] = Path(on_path)
    for program in GO_PROGRAMS:
        if path := located(program):
            found[program.name] = path
    if missing := _how_to_get(found):
        raise MissingProgramsError(missing)
    return found


def _how_to_get(found: Binaries) -> str:
    packages = {name: package for name, package in SYSTEM_PROGRAMS.items() if name not in found}
    programs = [program.name for program in GO_PROGRAMS if program.name not in found]
    parts = []
    if packages:
        parts.append(
            f"{', '.join(packages)} not on PATH (Debian: {' '.join(sorted(packages.values()))})"
        )
    if programs:
        folder = cached(GO_PROGRAMS[0]).parent
        go = "" if shutil.which("go") else ", which needs Go on PATH"
        parts.append(
            f"{', '.join(programs)} neither in {folder} nor on PATH; make test-cluster builds "
            f"them once, in about a quarter of an hour{go}"
        )
    return "; ".join(parts)
