"""A control plane and one real node, in a world of their own."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from tests.cluster.api import Api
from tests.cluster.control_plane.credentials import ADMIN
from tests.cluster.control_plane.plane import control_plane
from tests.cluster.waiting import ready
from tests.e2e.harness.names import NameServer
from tests.e2e.harness.world import HUB

from .names import SERVICE_OF, addresses
from .node import Node
from .world import node_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from components.platforms.kubernetes.manifest import Body
    from tests.cluster.control_plane.binaries import Binaries
    from tests.cluster.control_plane.plane import ControlPlane

    from .world import NodeWorld


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """What runs, and how long it took to be ready, in seconds.

    ``kubeconfig`` is the text that makes an administrator of who has it.
    """

    world: NodeWorld
    node: Node
    api: Api
    kubeconfig: str
    started_in: float


class Entered(httpx.BaseTransport):
    """HTTP from inside a world, whoever asks."""

    def __init__(self, world: NodeWorld, transport: httpx.BaseTransport) -> None:
        self._world = world
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._world.entered():
            return self._transport.handle_request(request)


@contextmanager
def cluster(programs: Binaries, folder: Path) -> Iterator[Cluster]:
    """Everything, with the node ready and DNS answering; all of it ends with the block."""
    began = time.monotonic()
    with ExitStack() as stack:
        world = stack.enter_context(node_world())
        with world.entered():
            plane = stack.enter_context(control_plane(programs, folder, HUB))
        node = Node.start(programs, world, folder / "node")
        node.join(plane)
        api = Api(stack.enter_context(plane.client(lambda through: Entered(world, through))))
        api.apply(_itself(plane))
        with world.entered():
            names = NameServer(HUB, lambda name: addresses(api, name))
        stack.callback(names.close)
        node.wait(lambda: _is_ready(api), "the node")
        yield Cluster(
            world=world,
            node=node,
            api=api,
            kubeconfig=plane.kubeconfigs[ADMIN].read_text(),
            started_in=time.monotonic() - began,
        )


def _is_ready(api: Api) -> bool:
    return any(ready(node) for node in api.list("v1", "Node"))


def _itself(plane: ControlPlane) -> Body:
    """Where the Service ``kubernetes`` leads to: a single API server writes no lease of its own."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {SERVICE_OF: "kubernetes"},
        },
        "addressType": "IPv4",
        "ports": [{"name": "https", "port": httpx.URL(plane.url).port}],
        "endpoints": [{"addresses": [HUB], "conditions": {"ready": True}}],
    }
