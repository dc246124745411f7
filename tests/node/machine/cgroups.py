"""Cgroups for one run, in every hierarchy, below the one that the tests themselves are in.

All other things of a node end with its namespaces. Cgroups stay until somebody removes them.
"""

from __future__ import annotations

import contextlib
import os
from itertools import count
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PREFIX = "researchflow-node-"
NUMBERS = count(1)


def hierarchies() -> dict[str, Path]:
    """The cgroup of this process by controllers, in every hierarchy of version 1 that is mounted.

    Controllers are as ``mount -o`` takes them: ``cpu,cpuacct``, or ``name=systemd``.
    """
    found = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        own = ROOT / controllers.removeprefix("name=") / path.strip("/")
        if controllers and own.is_dir():
            found[controllers] = own
    return found


def create() -> dict[str, Path]:
    """An empty cgroup in each hierarchy, named after this process; those of dead ones go."""
    made = {}
    name = f"{PREFIX}{os.getpid()}-{next(NUMBERS)}"
    for controllers, own in hierarchies().items():
        sweep(own)
        group = own / name
        group.mkdir()
        _inherit_cpus(own, group)
        made[controllers] = group
    return made


def sweep(parent: Path) -> None:
    """Remove what earlier runs left below ``parent`` when nothing could clean up after them."""
    for group in parent.glob(f"{PREFIX}*"):
        owner, _, _ = group.name.removeprefix(PREFIX).partition("-")
        if not Path("/proc", owner).exists():
            remove(group)


def remove(group: Path) -> None:
    """Remove ``group`` and all below it, as far as no process is in there."""
    for folder, _, _ in os.walk(group, topdown=False):
        with contextlib.suppress(OSError):
            Path(folder).rmdir()


def _inherit_cpus(parent: Path, group: Path) -> None:
    """A cpuset takes no process before it has CPUs and memory."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        if (parent / name).exists():
            (group / name).write_text((parent / name).read_text())
