"""Where the node lives: mounts, processes, network and cgroups of its own.

Everything hangs on one process that only reads its standard input. When the tests end, even by
``kill -9``, that pipe closes, the process ends, and the kernel takes away its process namespace
with every program and container in it, and with them all mounts, networks and packet filter rules.
A shell outside waits for that and removes the cgroups.
"""

from __future__ import annotations

import shlex
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cluster.control_plane.commands import SERVICE_CIDR
from tests.e2e.harness.world import HUB, World, only_child

from . import cgroups

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = "/run/node"
"""A folder of the world for whatever its programs need; it goes with the world."""
CLOSING_SECONDS = 60
ISOLATED = (
    *("unshare", "--mount", "--net", "--pid", "--ipc", "--uts", "--cgroup"),
    *("--fork", "--kill-child", "--mount-proc"),
)

# Arguments: the script for inside, then the cgroups.
_LAUNCH = f"""
setup=$1; shift
for group in "$@"; do echo 0 >"$group/cgroup.procs"; done
{shlex.join(ISOLATED)} sh -euc "$setup" || true
for group in "$@"; do echo 0 >"${{group%/*}}/cgroup.procs"; done
for group in "$@"; do
  until find "$group" -depth -type d -exec rmdir {{}} +; do sleep 0.1; done
done 2>/dev/null
"""
# A kubelet sets these for the whole machine. It finds them set, and leaves the machine's alone.
_KERNEL = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1_000_000,
    "kernel/keys/root_maxbytes": 25_000_000,
}
# Logs, containers and volumes go to memory, which ends with this.
_SETUP = f"""
mount --make-rshared /
for folder in /run /var/lib /var/log; do mount -t tmpfs -o mode=755 tmpfs $folder; done
mkdir {RUN}
set_kernel() {{
  file={RUN}/$(echo "$1" | tr / -)
  echo "$2" >"$file"
  mount --bind "$file" "/proc/sys/$1"
}}
{"; ".join(f"set_kernel {name} {value}" for name, value in _KERNEL.items())}
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs {cgroups.ROOT}
"""
_HIERARCHY = """
mkdir {folder}
mount -t cgroup -o {options} cgroup {folder}
"""
# Packets to a Service's address need a way to go before kube-proxy's rules send them elsewhere.
# The shell stays: the first process of a namespace has to reap what others leave behind.
_READY = f"""
ip link set lo up
ip address add {HUB}/32 dev lo
ip route add {SERVICE_CIDR} dev lo src {HUB}
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
echo ready
exec 3<&0
cat <&3 >/dev/null &
wait
"""
_ENTER = 'for group in {groups}; do echo 0 >"$group/cgroup.procs"; done; exec "$@"'


@dataclass(frozen=True, kw_only=True)
class NodeWorld(World):
    """The network of the node's own programs is the hub of this world."""

    groups: tuple[Path, ...]

    def inside(self, *command: str) -> tuple[str, ...]:
        """``command`` as a process of this world."""
        enter = _ENTER.format(groups=shlex.join(map(str, self.groups)))
        return (
            *("sh", "-euc", enter, "sh", "nsenter", f"--target={self.pid}"),
            *("--mount", "--net", "--pid", "--ipc", "--uts", "--cgroup", *command),
        )

    def path(self, path: str) -> Path:
        """Where this process finds ``path`` of the world."""
        return Path(f"/proc/{self.pid}/root{path}")


@contextmanager
def node_world() -> Iterator[NodeWorld]:
    """An empty world; when this is left, nothing of it is. RuntimeError when it cannot be made."""
    groups = cgroups.create()
    mounts = [_mount_hierarchy(controllers) for controllers in groups]
    holder = subprocess.Popen(
        ["sh", "-euc", _LAUNCH, "sh", "".join([_SETUP, *mounts, _READY]), *groups.values()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # It has to outlive whatever ends the tests.
        start_new_session=True,
    )
    assert holder.stdout is not None
    if holder.stdout.readline() != "ready\n":
        holder.communicate(timeout=CLOSING_SECONDS)
        raise RuntimeError("the world of the node could not be made; see above")
    launcher = only_child(holder.pid)
    world = NodeWorld(holder=holder, pid=only_child(launcher), groups=tuple(groups.values()))
    try:
        yield world
    finally:
        holder.communicate(timeout=CLOSING_SECONDS)


def _mount_hierarchy(controllers: str) -> str:
    """A cgroup file system whose root is the cgroup of this world."""
    named = controllers.startswith("name=")
    options = f"none,{controllers}" if named else controllers
    folder = cgroups.ROOT / controllers.removeprefix("name=")
    return _HIERARCHY.format(folder=folder, options=options)
