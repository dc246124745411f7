"""What a server sees of this machine: a pure function from a container's needs to a shell script.

The script runs as PID 1 of fresh mount, process and network namespaces, builds a root directory in
memory, moves into it and becomes the server: with its own user, no capabilities and no way to gain
any. The machine's programs are there (``/usr``) in place of the image's; nothing else of it is.

Not reproduced: limits of CPU and memory, seccomp filters, and what else an image holds or lacks.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

IMAGE = "/image"
"""Where the programs are that stand for the image's own."""
SEARCH_PATH = f"{IMAGE}/bin:/usr/local/bin:/usr/bin:/bin"
SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64")
ETC = ("alternatives", "ld.so.cache", "ssl")
DEVICES = ("full", "null", "random", "tty", "urandom", "zero")
SHARED_MEMORY = "/dev/shm"
SHARED_MEMORY_MIB = 64  # what Docker and containerd give by themselves

_FUNCTIONS = """
umask 022
bind() {
  if [ -d "$1" ]; then mkdir -p ".$2"
  elif [ ! -e ".$2" ]; then mkdir -p "$(dirname ".$2")"; : >".$2"; fi
  mount "--$4" "$1" ".$2"
  mount -o "remount,bind,$3" ".$2"
}
memory() { mkdir -p ".$1"; mount -t tmpfs -o "size=$2m,mode=1777" tmpfs ".$1"; }
"""
# A program that is busy keeps the old root alive: -l lets it go when this shell has become another.
_MOVE_IN = """
mkdir .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
"""


@dataclass(frozen=True, kw_only=True)
class Bind:
    """A path of the machine and where the server finds it. ``recursive``: with mounts below it."""

    source: str
    target: str
    writable: bool = False
    recursive: bool = False


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """A container to be. ``memory`` is MiB by path; ``links`` are symbolic links by path."""

    user: int
    group: int
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    binds: tuple[Bind, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    memory: Mapping[str, int] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    read_only_root: bool = True

    def confined(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """``argv`` as the server's user, with its environment and no more rights than it has."""
        added = "".join(f",+{name.lower()}" for name in self.capabilities)
        # Runtimes give this home to a user whom the image's passwd does not know.
        variables = {"PATH": SEARCH_PATH, "HOME": "/", **self.environment}
        return (
            *("setpriv", f"--reuid={self.user}", f"--regid={self.group}", "--clear-groups"),
            *("--no-new-privs", "--inh-caps=-all", f"--bounding-set=-all{added}"),
            *("env", "-i", *(f"{name}={value}" for name, value in sorted(variables.items()))),
            *argv,
        )

    def script(self, root: Path) -> str:
        """The shell script; ``root`` is an empty directory of the machine."""
        memory = {SHARED_MEMORY: SHARED_MEMORY_MIB, **self.memory}
        mounts = {bind.target: _bind_line(bind) for bind in self.binds} | {
            path: f"memory {shlex.quote(path)} {size}" for path, size in memory.items()
        }
        lines = [
            _FUNCTIONS,
            f"mount -t tmpfs -o size=16m,mode=755 tmpfs {shlex.quote(str(root))}",
            f"cd {shlex.quote(str(root))}",
            *(_system_line(name) for name in SYSTEM),
            *(f"[ ! -e /etc/{name} ] || bind /etc/{name} /etc/{name} ro bind" for name in ETC),
            *(f"bind /dev/{name} /dev/{name} rw bind" for name in DEVICES),
            "ln -s /proc/self/fd dev/fd",
            "mkdir proc sys",
            "mount -t proc proc proc",
            "mount -t sysfs -o ro sysfs sys",
            *(_link_line(path, target) for path, target in sorted(self.links.items())),
            # One inside another comes after it.
            *(mounts[path] for path in sorted(mounts)),
            _MOVE_IN,
            *(["mount -o remount,ro /"] if self.read_only_root else []),
            f"exec {shlex.join(self.confined(self.argv))}",
        ]
        return "\n".join(lines)


def _system_line(name: str) -> str:
    """``/usr``, or ``/bin``, which on most machines is a link into it."""
    return (
        f'if [ -L /{name} ]; then ln -s "$(readlink /{name})" {name}\n'
        f"elif [ -d /{name} ]; then bind /{name} /{name} ro bind; fi"
    )


def _link_line(path: str, target: str) -> str:
    link = shlex.quote(f".{path}")
    return f'mkdir -p "$(dirname {link})"; ln -s {shlex.quote(target)} {link}'


def _bind_line(bind: Bind) -> str:
    return shlex.join(
        [
            *("bind", bind.source, bind.target),
            "rw" if bind.writable else "ro",
            "rbind" if bind.recursive else "bind",
        ]
    )
