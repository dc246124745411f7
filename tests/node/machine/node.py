"""Starts the node's own programs, and says what its containers are doing."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.cluster.control_plane.credentials import NODE
from tests.cluster.control_plane.processes import start
from tests.e2e.harness.world import HUB

from . import configuration
from .programs import CNI
from .world import RUN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cluster.control_plane.binaries import Binaries
    from tests.cluster.control_plane.plane import ControlPlane
    from tests.cluster.control_plane.processes import Server

    from .images import Layout
    from .world import NodeWorld

LOGS = f"{RUN}/logs"
LABELS = {"researchflow.ai/pool": "cpu", "topology.kubernetes.io/zone": "a"}
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.05


class NodeError(Exception):
    """What did not work on the node, with the last words of who should have done it."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A running containerd, and what joins a cluster. Logs are in ``folder``."""

    world: NodeWorld
    programs: Binaries
    folder: Path
    servers: list[Server] = field(default_factory=list)

    @classmethod
    def start(cls, programs: Binaries, world: NodeWorld, folder: Path) -> Node:
        """Start containerd; NodeError when it does not answer. It ends with ``world``."""
        networks = folder / "networks"
        networks.mkdir(parents=True)
        (networks / "10-pods.conflist").write_text(configuration.network())
        config = folder / "containerd.toml"
        config.write_text(configuration.containerd(programs, CNI, networks))
        node = cls(world=world, programs=programs, folder=folder)
        node._run("containerd", f"--config={config}")
        node.wait(node._answers, "containerd")
        return node

    def join(self, plane: ControlPlane) -> None:
        """Start kubelet and kube-proxy; the node is ready some seconds later."""
        kubelet, proxy = self.folder / "kubelet.json", self.folder / "kube-proxy.json"
        kubelet.write_text(configuration.kubelet(LOGS, plane))
        proxy.write_text(configuration.kube_proxy(plane.kubeconfigs["system:kube-proxy"]))
        labels = ",".join(f"{name}={value}" for name, value in LABELS.items())
        self._run(
            "kubelet",
            f"--config={kubelet}",
            f"--kubeconfig={plane.kubeconfigs[f'system:node:{NODE}']}",
            f"--hostname-override={NODE}",
            f"--node-ip={HUB}",
            f"--node-labels={labels}",
            f"--cert-dir={RUN}/kubelet-certificates",
        )
        self._run("kube-proxy", f"--config={proxy}", f"--hostname-override={NODE}")

    def wait(self, until: Callable[[], bool], what: str) -> None:
        """Wait for ``what``; NodeError when a program ends or it takes too long."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not until():
            for server in self.servers:
                if server.ended:
                    raise NodeError(server.ended)
            if time.monotonic() > deadline:
                words = "\n".join(f"{each.name}: {each.last_words()}" for each in self.servers)
                raise NodeError(f"{what} did not come in {PATIENCE_SECONDS:.0f} s\n{words}")
            time.sleep(PAUSE_SECONDS)

    def load(self, layout: Layout) -> None:
        """Take over the images of ``layout``; NodeError when containerd refuses them."""
        with subprocess.Popen(
            self._client("images", "import", "-"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as client:
            assert client.stdin is not None
            assert client.stderr is not None
            layout.archive(client.stdin)
            client.stdin.close()
            said = client.stderr.read().decode()
        if client.returncode:
            raise NodeError(f"the images cannot be imported: {said.strip()}")

    def ctr(self, *arguments: str) -> str:
        """What containerd's own client says about the containers of pods."""
        done = subprocess.run(self._client(*arguments), capture_output=True, text=True, check=False)
        if done.returncode:
            raise NodeError(f"ctr {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def _client(self, *arguments: str) -> tuple[str, ...]:
        to = (f"--address={configuration.SOCKET}", "--namespace=k8s.io")
        return self.world.inside(str(self.programs["ctr"]), *to, *arguments)

    def _answers(self) -> bool:
        try:
            self.ctr("version")
        except NodeError:
            return False
        return True

    def _run(self, name: str, *arguments: str) -> None:
        command = self.world.inside(str(self.programs[name]), *arguments)
        self.servers.append(start(name, command, self.folder))
