"""A network of our own: a bridge, and a network namespace for each server.

Everything hangs on one process that only reads its standard input. When the tests end, even by
``kill -9``, that pipe closes, the process ends, and the kernel takes away its process namespace
with every server in it, and with them all mounts and networks. The machine's own are not touched.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TOOLS = ("ip", "mount", "nsenter", "pivot_root", "setpriv", "unshare")
HUB = "10.88.0.1"
"""Where the tests and the name server are, as servers see them."""

_ISOLATED = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
_SETUP = f"""
mount -t tmpfs tmpfs /run
ip link set lo up
ip link add br0 type bridge
ip address add {HUB}/16 dev br0
ip link set br0 up
echo ready
exec cat >/dev/null
"""
_ATTACH = """
ip netns add "$1"
ip link add "veth$2" type veth peer name eth0 netns "$1"
ip link set "veth$2" master br0 up
nsenter --net="/run/netns/$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
ip -n "$1" link set lo up
ip -n "$1" address add "$3/16" dev eth0
ip -n "$1" link set eth0 up
"""


@cache
def obstacle() -> str | None:
    """Why no server can be isolated on this machine, and what would help; None when it can."""
    if sys.platform != "linux":
        return "servers get their paths and users by Linux namespaces: run it on Linux"
    if os.geteuid() != 0:
        return "servers get their paths and users by namespaces, which needs root: run it as root"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"no {', '.join(missing)} on PATH (Debian: iproute2, util-linux)"
    tried = subprocess.run([*_ISOLATED, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"this root may make no namespaces ({tried.stderr.strip()}): run it in a machine"
    return None


@dataclass(frozen=True, kw_only=True)
class World:
    """The network, and the process that all servers die with."""

    holder: subprocess.Popen[str]
    pid: int

    @classmethod
    def create(cls) -> World:
        """An empty network; RuntimeError when it cannot be made."""
        holder = subprocess.Popen(
            [*_ISOLATED, "sh", "-euc", _SETUP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert holder.stdout is not None
        if holder.stdout.readline() != "ready\n":
            holder.kill()
            raise RuntimeError("the network of the tests could not be made; see above")
        return cls(holder=holder, pid=only_child(holder.pid))

    def close(self) -> None:
        """End everything; returns when it has ended."""
        self.holder.communicate(timeout=30)

    def attach(self, name: str, number: int) -> str:
        """A network namespace called ``name``; its address, which ``number`` (from 1) decides."""
        address = f"10.88.{1 + number // 250}.{1 + number % 250}"
        inside = ["nsenter", f"--target={self.pid}", "--mount", "--net", "--pid"]
        subprocess.run(
            [*inside, "sh", "-euc", _ATTACH, "sh", name, str(number), address], check=True
        )
        return address

    def isolated(self, name: str, script: str) -> Sequence[str]:
        """The command that runs a shell ``script`` as PID 1 of a new container in ``name``."""
        return (
            *("nsenter", f"--target={self.pid}", "--mount", "--pid", f"--net={self._net(name)}"),
            *("unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child"),
            *("sh", "-euc", script),
        )

    @contextmanager
    def entered(self, name: str | None = None) -> Iterator[None]:
        """The network of ``name``, or the hub, for what this thread opens or starts meanwhile.

        Threads and processes that are started in here stay there.
        """
        with (
            Path("/proc/thread-self/ns/net").open("rb") as own,
            Path(self._net(name) if name else f"/proc/{self.pid}/ns/net").open("rb") as other,
        ):
            _enter(other.fileno())
            try:
                yield
            finally:
                _enter(own.fileno())

    def _net(self, name: str) -> str:
        return str(Path("/proc", str(self.pid), "root", "run/netns", name))


def only_child(pid: int) -> int:
    """The one child of a process that waits for it."""
    (child,) = children(pid)
    return child


def children(pid: int) -> list[int]:
    """The children of ``pid``'s main thread; none when it is gone."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in found.split()]


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)  # os.setns comes with Python 3.12
    if libc.setns(namespace, 0x40000000):  # CLONE_NEWNET
        error = ctypes.get_errno()
        raise OSError(error, f"cannot enter a network namespace: {os.strerror(error)}")
