"""A pod's containers, as this machine sees them."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from components.platforms.kubernetes.manifest import Body

    from .node import Node

SANDBOX = "io.kubernetes.cri.sandbox-id"


@dataclass(frozen=True, kw_only=True)
class Running:
    """The one container of a pod that was read from the API server while it ran."""

    node: Node
    pod: Body

    @property
    def address(self) -> str:
        """The pod's own."""
        address: str = self.pod["status"]["podIP"]
        return address

    @property
    def container(self) -> str:
        """What containerd calls it."""
        (status,) = self.pod["status"]["containerStatuses"]
        identifier: str = status["containerID"]
        return identifier.removeprefix("containerd://")

    @property
    def pid(self) -> int:
        """Its first process, as the world numbers it."""
        for line in self.node.ctr("tasks", "list").splitlines():
            if line.startswith(self.container):
                return int(line.split()[1])
        raise LookupError(f"no task {self.container}")

    def proc(self, file: str) -> Path:
        """A file about its first process."""
        return self.node.world.path(f"/proc/{self.pid}/{file}")

    @contextmanager
    def entered(self) -> Iterator[None]:
        """The pod's network, for what this thread opens or starts meanwhile."""
        described = json.loads(self.node.ctr("containers", "info", self._sandbox))
        spaces = described["Spec"]["linux"]["namespaces"]
        (path,) = (space["path"] for space in spaces if space["type"] == "network")
        with self.node.world.entered(Path(path).name):
            yield

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command in it with the tests' own rights."""
        enter = ("nsenter", f"--target={self.pid}", "--mount", "--net", "--pid", "--root", "--wd")
        return subprocess.run(
            self.node.world.inside(*enter, *command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def _sandbox(self) -> str:
        described: dict[str, Any] = json.loads(self.node.ctr("containers", "info", self.container))
        annotations: dict[str, str] = described["Spec"]["annotations"]
        return annotations[SANDBOX]
