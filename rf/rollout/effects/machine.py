"""Gateways and live files on one machine with Docker."""

from __future__ import annotations

import io
import re
import tarfile
from typing import TYPE_CHECKING, Any

from docker.errors import DockerException, NotFound

from components.files import directories
from components.platforms.docker.files import STAGING, writer
from components.platforms.docker.mounts import directory_volume, mount_points, nested_mount_points

from ...errors import first_line
from . import EffectError
from .http import body, request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from docker import DockerClient

    from components.files import Directory
    from components.platforms.docker.place import Place
    from components.spec import ServiceSpec

WAIT_SECONDS = 60
TIMEOUT = 10
"""Seconds that an answer from inside a container may take."""
LOOPBACK = "127.0.0.1"


class MachineDelivery:
    """The program's own one-shot writer, run once more with other files.

    It fills the volume that the server mounts, by renames.
    """

    def __init__(self, client: DockerClient, place: Place) -> None:
        self._client = client
        self._place = place

    def write(self, specs: Sequence[ServiceSpec]) -> None:
        for spec in specs:
            for directory in directories(spec.live_files):
                try:
                    self._fill(directory, spec)
                except DockerException as error:
                    raise EffectError(
                        f"{directory.path} cannot be written: {first_line(error)}"
                    ) from None

    def _fill(self, directory: Directory, spec: ServiceSpec) -> None:
        volume = directory_volume(directory, spec, self._place)
        points = nested_mount_points(directory.path, mount_points(spec))
        described = writer(directory, spec, volume, points, self._place)
        (mounted,) = described["volumes"]
        container = self._client.containers.create(
            described["image"],
            entrypoint=described["entrypoints"],
            user=described["user"],
            network_mode=described["network_mode"],
            cap_drop=described["capabilities"]["drops"],
            cap_add=described["capabilities"]["adds"],
            security_opt=described["security_opts"],
            volumes={volume: {"bind": mounted["container_path"], "mode": "rw"}},
        )
        try:
            container.put_archive("/", _archive(directory.files))
            container.start()
            status = container.wait(timeout=WAIT_SECONDS)["StatusCode"]
            if status:
                said = container.logs().decode(errors="replace").strip().rpartition("\n")[2]
                raise EffectError(f"writing {directory.path} ended with {status}: {said}")
        finally:
            container.remove(force=True)


class MachineGateways:
    """The gateway's containers, each asked from inside: their statistics are not published."""

    def __init__(self, client: DockerClient, names: Sequence[str], *, port: int, path: str) -> None:
        self._client = client
        self._names = names
        self._port = port
        self._path = path

    def scrape(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for name in self._names:
            try:
                container = self._client.containers.get(name)
                started = container.attrs["State"]["StartedAt"]
                ask = request(self._path)
                found[f"{name}/{started}"] = _exchange(container, name, LOOPBACK, self._port, ask)
            except NotFound:
                raise EffectError(f"there is no container {name}") from None
            except DockerException as error:
                raise EffectError(f"{name} gives no answer: {first_line(error)}") from None
        return found


class MachineInside:
    """Any service, asked from inside the container ``through``, which shares a network with it.

    ``named`` says what the first container of a service is called; further ones have a number
    after that.
    """

    def __init__(
        self, client: DockerClient, through: str, named: Callable[[ServiceSpec], str]
    ) -> None:
        self._client = client
        self._through = through
        self._named = named

    def exchange(self, spec: ServiceSpec, path: str, content: str | None = None) -> str:
        return self._ask(spec, spec.instance, request(path, content))

    def from_each(self, spec: ServiceSpec, path: str) -> Sequence[str]:
        copies = self._copies(spec)
        if not copies:
            raise EffectError(f"no container of {spec.instance} is running")
        return [self._ask(spec, copy, request(path)) for copy in copies]

    def _copies(self, spec: ServiceSpec) -> list[str]:
        first = self._named(spec)
        mine = re.compile(rf"{re.escape(first)}(-\d+)?")
        try:
            # Docker looks for the name anywhere in another.
            found = self._client.containers.list(filters={"name": first})
        except DockerException as error:
            raise EffectError(f"containers cannot be listed: {first_line(error)}") from None
        return sorted(each.name for each in found if each.name and mine.fullmatch(each.name))

    def _ask(self, spec: ServiceSpec, host: str, ask: bytes) -> str:
        try:
            container = self._client.containers.get(self._through)
            return _exchange(container, self._through, host, spec.port("http").number, ask)
        except DockerException as error:
            raise EffectError(f"{self._through} gives no answer: {first_line(error)}") from None


def _exchange(container: Any, name: str, host: str, port: int, ask: bytes) -> str:
    # Envoy's image has bash, whose files below /dev/tcp are connections.
    script = f'exec 3<>/dev/tcp/{host}/{port} && printf %s "$ASK" >&3 && exec cat <&3'
    status, output = container.exec_run(
        ["timeout", str(TIMEOUT), "bash", "-c", script],
        environment={"ASK": ask.decode()},
        stderr=False,
    )
    if status:
        raise EffectError(f"{host} gives no answer on port {port}, asked from {name}")
    return body(output, f"{host} on port {port}, asked from {name}")


def _archive(files: Mapping[str, str]) -> bytes:
    """The files as a tar archive, below the writer's folder for uploads."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in sorted(files.items()):
            data = content.encode()
            entry = tarfile.TarInfo(f"{STAGING.strip('/')}/{name}")
            entry.size, entry.mode = len(data), 0o400
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()
