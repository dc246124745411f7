"""The command lines of the five servers.

All listen on loopback, or not at all; the API server wherever it is told to.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .binaries import Binaries
    from .credentials import Credentials

STAGES = Path(__file__).with_name("stages.yaml")
SERVICE_CIDR = "10.96.0.0/16"
ITSELF = "10.96.0.1"
"""Address of the Service ``kubernetes``, by which pods find the API server."""
POD_CIDR = "10.244.0.0/16"
SIMULATED = "kwok.x-k8s.io/node"
"""Annotation of nodes that kwok plays; it leaves all others to their kubelet."""

Command = tuple[str, ...]


def etcd(binaries: Binaries, data: Path, client: int, peer: int) -> Command:
    """A cluster of one, on two loopback ports."""
    here, there = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    return (
        str(binaries["etcd"]),
        "--name=test",
        f"--data-dir={data}",
        "--logger=zap",
        "--log-level=warn",
        f"--listen-client-urls={here}",
        f"--advertise-client-urls={here}",
        f"--listen-peer-urls={there}",
        f"--initial-advertise-peer-urls={there}",
        f"--initial-cluster=test={there}",
    )


def apiserver(
    binaries: Binaries, credentials: Credentials, address: tuple[str, int], etcd_port: int
) -> Command:
    """Kubernetes' admission as it comes: Pod Security, quota and limit ranges among it."""
    host, port = address
    return (
        str(binaries["kube-apiserver"]),
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        f"--bind-address={host}",
        f"--advertise-address={host}",
        f"--secure-port={port}",
        f"--tls-cert-file={credentials.servers}",
        f"--tls-private-key-file={credentials.servers}",
        f"--kubelet-certificate-authority={credentials.authority}",
        f"--kubelet-client-certificate={credentials.caller}",
        f"--kubelet-client-key={credentials.caller}",
        "--endpoint-reconciler-type=none",
        # A node's name leads nowhere here.
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        "--anonymous-auth=false",
        f"--token-auth-file={credentials.token_file}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={credentials.key}",
        f"--service-account-signing-key-file={credentials.key}",
        # etcd before 3.4.31 (Debian 12 has 3.4.23) notifies of progress unreliably: streamed lists
        # then fail, leases lapse and nodes are not ready for a while.
        "--feature-gates=WatchList=false",
    )


def controller_manager(binaries: Binaries, kubeconfig: Path, credentials: Credentials) -> Command:
    """Every controller that is on by default."""
    return (
        str(binaries["kube-controller-manager"]),
        f"--kubeconfig={kubeconfig}",
        "--secure-port=0",
        "--leader-elect=false",
        "--use-service-account-credentials",
        f"--service-account-private-key-file={credentials.key}",
        f"--root-ca-file={credentials.authority}",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
    )


def scheduler(binaries: Binaries, kubeconfig: Path) -> Command:
    """The default scheduler."""
    return (
        str(binaries["kube-scheduler"]),
        f"--kubeconfig={kubeconfig}",
        "--secure-port=0",
        "--leader-elect=false",
    )


def kwok(binaries: Binaries, kubeconfig: Path) -> Command:
    """Plays the kubelet of simulated nodes, as ``stages.yaml`` says."""
    return (
        str(binaries["kwok"]),
        f"--kubeconfig={kubeconfig}",
        f"--config={STAGES}",
        "--manage-all-nodes=false",
        f"--manage-nodes-with-annotation-selector={SIMULATED}=fake",
        f"--cidr={POD_CIDR}",
        "--node-ip=127.0.0.1",
        "--node-lease-duration-seconds=40",
    )
