"""The platform, or a part of it, as processes of this machine.

    with Platform.start(specs, secrets, folder) as platform:
        platform["gateway"].get(11434, "/api/tags")
        with platform.impersonated("faiss", status=503):
            ...
        platform.query("sum(up)")

What cannot be had here is a stand-in that answers the checks of its spec. A container that is
killed stays down until it is started again.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import httpx

from .container import Container
from .images import Image, Missing, find
from .names import NameServer
from .probes import wait_until_ready
from .simulation import stand_in
from .stand_in import CONTROL_PORT
from .world import HUB, World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from components.spec import ServiceSpec


@dataclass(kw_only=True)
class Platform:
    """Containers by name: a service's instance name, and ``<name>-2`` and on for more copies."""

    world: World
    names: NameServer
    folder: Path
    secrets: Mapping[str, str] = field(repr=False)
    containers: dict[str, Container]

    @classmethod
    def start(
        cls, specs: Iterable[ServiceSpec], secrets: Mapping[str, str], folder: Path
    ) -> Platform:
        """Start every copy of ``specs``; returns when all are ready, RuntimeError says why not."""
        world = World.create()
        containers: dict[str, Container] = {}
        with world.entered():
            names = NameServer(HUB, lambda name: addresses(list(containers.values()), name))
        platform = cls(
            world=world, names=names, folder=folder, secrets=secrets, containers=containers
        )
        try:
            for spec in specs:
                platform.add(spec)
            platform.wait_until_ready()
        except BaseException:
            platform.close()
            raise
        return platform

    def __enter__(self) -> Self:
        """Itself; it runs already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """End every process, and the network with them."""
        self.names.close()
        self.world.close()

    def __getitem__(self, service: str) -> Container:
        """The container of that name, or the first one of the service of that name."""
        for container in self.containers.values():
            if service in (container.name, container.spec.name):
                return container
        raise KeyError(f"no container {service!r}, only {list(self.containers)}")

    def add(self, spec: ServiceSpec, image: Image | None = None) -> None:
        """Start every copy of ``spec``, from what there is of its image or as a stand-in."""
        found = image or find(spec.name)
        for copy in range(1, 1 + (1 if spec.per_node else spec.replicas)):
            name = spec.instance if copy == 1 else f"{spec.instance}-{copy}"
            container = Container(
                world=self.world,
                spec=spec,
                name=name,
                address=self.world.attach(name, len(self.containers) + 1),
                folder=self.folder / name,
                secrets=self.secrets,
            )
            container.start(stand_in(spec) if isinstance(found, Missing) else found)
            self.containers[name] = container

    def wait_until_ready(self, *names: str) -> None:
        """Until the start-up and ready checks pass, of the containers ``names`` or of all."""
        wait_until_ready([self[name] for name in names] or list(self.containers.values()))

    @contextmanager
    def impersonated(self, service: str, **behaviour: float) -> Iterator[Container]:
        """Meanwhile a stand-in with ``behaviour`` answers at the address of ``service``."""
        container = self[service]
        own = container.image
        container.stop()
        container.start(stand_in(container.spec))
        wait_until_ready([container])
        self.behave(container.name, **behaviour)
        try:
            yield container
        finally:
            container.kill()
            container.start(own)
            wait_until_ready([container])

    def behave(self, service: str, **behaviour: float) -> None:
        """Change what the stand-in of ``service`` does from here on: ``status``, ``delay``."""
        with self.world.entered():
            url = self[service].url(CONTROL_PORT)
            httpx.put(url, content=json.dumps(behaviour), trust_env=False).raise_for_status()

    def query(self, promql: str) -> list[dict[str, Any]]:
        """What Prometheus answers: its ``result``, a list of ``metric`` and ``value``."""
        prometheus = self["prometheus"]
        with self.world.entered():
            answer = httpx.get(
                prometheus.url(prometheus.spec.port("http").number, "/api/v1/query"),
                params={"query": promql},
                trust_env=False,
            )
        found: list[dict[str, Any]] = answer.raise_for_status().json()["data"]["result"]
        return found


def addresses(containers: Iterable[Container], instance: str) -> tuple[str, ...]:
    """Where the running copies of ``instance`` are: what its name leads to."""
    return tuple(
        container.address
        for container in containers
        if container.spec.instance == instance and container.running
    )
