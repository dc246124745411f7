"""Builds what is missing of the control plane: ``python -m tests.cluster.control_plane.build``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .binaries import CLUSTER, KUBERNETES, GoProgram, Kit, cached, unbuilt

# Clients judge a server by its version, which a build without these does not know.
VERSIONED = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
GO_BUILD = ("go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false")
KEPT_LINES = 10


class BuildError(Exception):
    """What cannot be built, with the end of what Go said."""


def can_build() -> bool:
    """Whether there is a Go to build with."""
    return shutil.which("go") is not None


def build(program: GoProgram) -> Path:
    """Build ``program`` into the cache and return its path; BuildError when Go cannot.

    Nothing is downloaded but the modules whose hashes ``go.sum`` holds.
    """
    target = cached(program)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        built = Path(folder) / program.name
        done = subprocess.run(
            [
                *(*GO_BUILD, f"-tags={','.join(program.tags)}"),
                *(f"-ldflags={linker_flags(program)}", "-o", str(built), program.package),
            ],
            cwd=program.pinned_in,
            env={**os.environ, "CGO_ENABLED": str(int(program.cgo))},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = "\n".join(done.stderr.splitlines()[-KEPT_LINES:])
            raise BuildError(f"{program.package} cannot be built:\n{said}")
        # Whoever looks meanwhile sees the whole program or none.
        built.replace(target)
    return target


def linker_flags(program: GoProgram) -> str:
    """No symbols, and for Kubernetes' own programs the version they answer with."""
    stripped = "-s -w"
    if program.module != KUBERNETES:
        return stripped
    major, minor, _ = program.version.removeprefix("v").split(".", 2)
    known = {"gitVersion": program.version, "gitMajor": major, "gitMinor": minor}
    stamps = [
        f"-X {package}.{key}={value}" for package in VERSIONED for key, value in known.items()
    ]
    return " ".join([stripped, *stamps])


def main(kit: Kit = CLUSTER) -> int:
    """Build everything of ``kit`` that is missing, saying how long each took.

    Where there is no Go, the tests themselves say so.
    """
    for program in unbuilt(kit) if can_build() else ():
        print(f"building {program.name} {program.version} ...", flush=True)  # noqa: T201
        started = time.monotonic()
        try:
            path = build(program)
        except BuildError as error:
            print(error, file=sys.stderr)  # noqa: T201
            return 1
        print(f"{path} in {time.monotonic() - started:.0f} s", flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
