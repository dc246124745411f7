"""What a real node is made of, and why there may be none here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.cluster.control_plane.binaries import (
    CLUSTER,
    KUBERNETES,
    GoProgram,
    Kit,
    MissingProgramsError,
    binaries,
)

from .cgroups import hierarchies
from .world import ISOLATED

PINS = Path(__file__).parents[1] / "build"
"""Go modules: one that pins containerd and runc, and below it one of Prometheus.

Kubernetes' own programs have the pins of the cluster tier.
"""
CONTAINERD = "github.com/containerd/containerd/v2"
CNI = Path("/usr/lib/cni")
COMPILER = (
    "runc needs a C compiler and libseccomp (Debian: gcc libc6-dev libseccomp-dev pkg-config)"
)
PLUGINS = ("bridge", "host-local", "loopback")

NODE = Kit(
    built=(
        *CLUSTER.built,
        GoProgram(name="kubelet", module=KUBERNETES),
        GoProgram(name="kube-proxy", module=KUBERNETES),
        *(
            # Debian's containerd is older than any that a kubelet of today takes.
            GoProgram(name=name, module=CONTAINERD, pinned_in=PINS, exact=True)
            for name in ("containerd", "containerd-shim-runc-v2", "ctr")
        ),
        GoProgram(
            name="runc",
            module="github.com/opencontainers/runc",
            pinned_in=PINS,
            path="",
            # Every pod of the plan asks for the runtime's own seccomp profile.
            tags=("seccomp",),
            cgo=True,
            exact=True,
        ),
        GoProgram(
            name="prometheus",
            module="github.com/prometheus/prometheus",
            pinned_in=PINS / "prometheus",
            # Debian's does not discover pods. Of the others one dependency cannot always be had.
            tags=("remove_all_sd", "enable_kubernetes_sd"),
            exact=True,
        ),
        GoProgram(
            name="kube-state-metrics",
            module="k8s.io/kube-state-metrics/v2",
            pinned_in=PINS / "kube-state-metrics",
            path="",
            exact=True,
        ),
    ),
    system={
        **CLUSTER.system,
        "ip": "iproute2",
        "iptables": "iptables",
        "ldd": "libc-bin",
        "mount": "mount",
        "nsenter": "util-linux",
        "unshare": "util-linux",
    },
    make="test-node",
)


@cache
def obstacle() -> str | None:
    """Why no node can be had here, and what would help; None when it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a kubelet needs Linux and root: run it as root"
    try:
        binaries(NODE)
    except MissingProgramsError as error:
        headers = "" if can_compile_c() else f"; {COMPILER}"
        return f"{error}{headers}"
    if missing := [name for name in PLUGINS if not (CNI / name).exists()]:
        return f"no {', '.join(missing)} in {CNI} (Debian: containernetworking-plugins)"
    if not hierarchies():
        return "no cgroup hierarchies of version 1, the only ones that this was tried with"
    tried = subprocess.run([*ISOLATED, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"this root may make no namespaces ({tried.stderr.strip()}): run it in a machine"
    return None


def can_compile_c() -> bool:
    """Whether runc can be built: with a C compiler and the headers of libseccomp."""
    if shutil.which("pkg-config") is None or shutil.which("gcc") is None:
        return False
    asked = subprocess.run(["pkg-config", "--exists", "libseccomp"], check=False)
    return asked.returncode == 0
