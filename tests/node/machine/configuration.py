"""Configuration of containerd, its network and the kubelet, as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cluster.control_plane.commands import POD_CIDR
from tests.e2e.harness.world import HUB

from .world import RUN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cluster.control_plane.binaries import Binaries
    from tests.cluster.control_plane.plane import ControlPlane

SOCKET = "/run/containerd/containerd.sock"
PAUSE = "registry.k8s.io/pause:local"
DNS_DOMAIN = "cluster.local"


def containerd(binaries: Binaries, plugins: Path, networks: Path) -> str:
    """``config.toml``, with everything below /run and /var/lib.

    ``restrict_oom_score_adj``: not every root may lower the score of a process, and then no sandbox
    could be started.
    """
    return f"""
version = 3
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = '{PAUSE}'
[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true
disable_apparmor = true
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'
runtime_path = '{binaries["containerd-shim-runc-v2"]}'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
BinaryName = '{binaries["runc"]}'
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ['{plugins}']
conf_dir = '{networks}'
[plugins.'io.containerd.internal.v1.opt']
path = '{RUN}/opt'
[plugins.'io.containerd.nri.v1.nri']
disable = true
"""


def network() -> str:
    """A bridge that every pod is plugged into. Nothing leads out of it."""
    bridge = {
        "type": "bridge",
        "bridge": "pods0",
        "isGateway": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": POD_CIDR}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    return json.dumps({"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge]})


def kubelet(logs: str, plane: ControlPlane) -> str:
    """``KubeletConfiguration``: for cgroups of version 1, and a disk that is memory.

    It asks the API server who a caller is and what he may, as kubelets of real clusters do.
    """
    return json.dumps(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "containerRuntimeEndpoint": f"unix://{SOCKET}",
            "cgroupDriver": "cgroupfs",
            "failCgroupV1": False,
            "failSwapOn": False,
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                # Of the API server, when it asks for exec and port forwarding.
                "x509": {"clientCAFile": str(plane.authority)},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": str(plane.servers),
            "tlsPrivateKeyFile": str(plane.servers),
            "address": HUB,
            "healthzPort": 0,
            "clusterDNS": [HUB],
            "clusterDomain": DNS_DOMAIN,
            "resolvConf": "",
            "podLogsDir": logs,
            "volumePluginDir": f"{RUN}/volume-plugins",
            "enforceNodeAllocatable": [],
            "evictionHard": {"memory.available": "0%", "nodefs.available": "0%"},
            "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99,
        }
    )


def kube_proxy(kubeconfig: Path) -> str:
    """``KubeProxyConfiguration`` that leaves the machine's connection tracking as it is."""
    return json.dumps(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": str(kubeconfig)},
            "mode": "iptables",
            "clusterCIDR": POD_CIDR,
            "bindAddress": HUB,
            "conntrack": {
                "maxPerCore": 0,
                "tcpEstablishedTimeout": "0s",
                "tcpCloseWaitTimeout": "0s",
            },
        }
    )
