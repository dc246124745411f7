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
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import httpx

from .container import Container
from .images import Missing, find
from .names import NameServer
from .probes import failure
from .simulation import stand_in
from .stand_in import CONTROL_PORT
from .world import HUB, World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from components.spec import ServiceSpec

    from .images import Image


@dataclass(kw_only=True)
class Platform:
    """Containers by name: a service's instance name, and ``<name>-2`` and on for more copies."""

    world: World
    names: NameServer
    folder: Path
    containers: dict[str, Container] = field(default_factory=dict)

    @classmethod
    def start(
        cls, specs: Iterable[ServiceSpec], secrets: Mapping[str, str], folder: Path
    ) -> Platform:
        """Start every copy of ``specs``; returns when all are ready, or fails with why not."""
        world = World.create()
        try:
            with world.entered():
                names = NameServer(HUB)
            platform = cls(world=world, names=names, folder=folder)
            for spec in specs:
                platform.add(spec, secrets)
            platform.wait_until_ready()
        except BaseException:
            world.close()
            raise
        return platform

    def __enter__(self) -> Self:
        """Itself; it runs already."""
        return self

    def __exit__(self, *_: object) -> None:
        """End every process, and the network with them."""
        self.names.close()
        self.world.close()

    def __getitem__(self, service: str) -> Container:
        """The first container of a service, by the service's name or the container's."""
        for container in self.containers.values():
            if service in (container.name, container.spec.name):
                return container
        raise KeyError(f"no container {service!r}, only {list(self.containers)}")

    def add(
        self, spec: ServiceSpec, secrets: Mapping[str, str], image: Image | None = None
    ) -> None:
        """Start every copy of ``spec``, from ``image`` or what stands for its own here."""
        found = image or find(spec.name)
        for copy in range(1, 1 + (1 if spec.per_node else spec.replicas)):
            name = spec.instance if copy == 1 else f"{spec.instance}-{copy}"
            container = Container(
                world=self.world,
                spec=spec,
                name=name,
                address=self.world.attach(name, len(self.containers) + 1),
                folder=self.folder / name,
                secrets=secrets,
            )
            container.start(stand_in(spec) if isinstance(found, Missing) else found)
            self.containers[name] = container
        self.publish()

    def publish(self) -> None:
        """Let names lead to the containers that run, as Docker's name server does."""
        instances = {container.spec.instance for container in self.containers.values()}
        self.names.addresses = {
            instance: tuple(
                container.address
                for container in self.containers.values()
                if container.spec.instance == instance and container.running
            )
            for instance in instances
        }

    def wait_until_ready(self, *services: str) -> None:
        """Until the start-up and ready checks of ``services``, or of all, pass.

        A stand-in passes by its ready check alone: a command of its start-up check is not there.
        """
        waiting = [self[name] for name in services] or list(self.containers.values())
        end = time.monotonic() + 60
        while waiting:
            reasons = {container.name: not_ready(container) for container in waiting}
            waiting = [container for container in waiting if reasons[container.name]]
            ended = [container.name for container in waiting if not container.running]
            if ended or (waiting and time.monotonic() > end):
                raise RuntimeError("\n".join(_explained(each, reasons) for each in waiting))
            time.sleep(0.05)

    @contextmanager
    def impersonated(self, service: str, **behaviour: float) -> Iterator[Container]:
        """Meanwhile a stand-in with ``behaviour`` answers at the address of ``service``."""
        container = self[service]
        own = container.image
        container.stop()
        container.start(stand_in(container.spec, **behaviour))
        self.wait_for_listening(container)
        try:
            yield container
        finally:
            container.kill()
            container.start(own)
            self.wait_until_ready(container.name)

    def behave(self, service: str, **behaviour: float) -> None:
        """Change what the stand-in of ``service`` does from here on: ``status``, ``delay``."""
        with self.world.entered():
            url = self[service].url(CONTROL_PORT)
            httpx.put(url, content=json.dumps(behaviour), trust_env=False).raise_for_status()

    def query(self, promql: str) -> list[dict[str, Any]]:
        """What Prometheus answers: its ``result``, a list of ``metric`` and ``value``."""
        with self.world.entered():
            answer = httpx.get(
                self["prometheus"].url(9090, "/api/v1/query"),
                params={"query": promql},
                trust_env=False,
            )
        found: list[dict[str, Any]] = answer.raise_for_status().json()["data"]["result"]
        return found
