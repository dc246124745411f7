"""A real Envoy with the gateway's own configuration, on loopback and with the test's backends.

No namespaces and no root: for what concerns Envoy alone. Every address of the configuration is
replaced by loopback and a free port, and statistics are brought up to date more often; nothing else
is changed.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx
import yaml

from components.context import Context
from components.gateway import Gateway, GatewayArgs
from components.gateway.metrics import counts
from components.gateway.routes import route_files
from components.ollama import Ollama, OllamaArgs

from .envoy_files import FLUSH_SECONDS, renamed, write, write_secrets
from .requests import send_all
from .waiting import seconds_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from components.gateway.metrics import Counts
    from components.spec import ServiceSpec, Track

    from .envoy_files import Ports
    from .requests import Reply

ENVOY = shutil.which("envoy", path=".venv/bin")
NO_ENVOY = "no envoy for this machine on the package index"
PATIENCE_SECONDS = 30.0


def ollama(*, canary: bool) -> tuple[ServiceSpec, ...]:
    """Ollama, as the catalogue describes it, with a second version or without."""
    tracks: tuple[Track, ...] = ("stable", "canary") if canary else ("stable",)
    return tuple(Ollama.describe(OllamaArgs(), Context(track=track)) for track in tracks)


@dataclass(frozen=True, kw_only=True)
class RunningGateway:
    """A ready Envoy: its ports by the listeners' names, and its admin interface's."""

    folder: Path
    spec: ServiceSpec
    peers: tuple[ServiceSpec, ...]
    ports: Mapping[str, int]
    admin: str
    process: subprocess.Popen[bytes]

    def url(self, listener: str, path: str = "/") -> str:
        """Where a listener is."""
        return f"http://127.0.0.1:{self.ports[listener]}{path}"

    def send(
        self,
        requests: Iterable[bytes],
        *,
        listener: str = "ollama",
        connections: int = 20,
    ) -> list[Reply]:
        """Send whole HTTP/1.1 requests over ``connections``, and give the replies in order."""
        return asyncio.run(send_all(self.ports[listener], list(requests), connections))

    @property
    def counts(self) -> dict[tuple[str, str], Counts]:
        """What the metric contract reads from its metrics."""
        time.sleep(3 * FLUSH_SECONDS)
        return self.counted(httpx.get(self.url("stats", "/stats/prometheus")).text)

    @staticmethod
    def counted(text: str) -> dict[tuple[str, str], Counts]:
        """The same from a text."""
        return counts(text)

    def stat(self, name: str) -> str:
        """A counter, gauge or text of the admin interface."""
        text = httpx.get(f"{self.admin}/stats", params={"filter": f"^{name}$"}).text
        return text.partition(": ")[2].strip().strip('"')

    def route(self, weights: Mapping[str, int]) -> float:
        """Replace Ollama's route file; the seconds until the new one is in force."""
        (text,) = route_files(self.peers, {"ollama": weights}).values()
        return self.install(text)

    def install(self, text: str) -> float:
        """The same with any text that Envoy takes."""
        began = time.monotonic()
        self.replace("ollama.yaml", text)
        version = yaml.safe_load(text)["version_info"]
        name = "http.ollama.rds.ollama.version_text"
        seconds_until(lambda: self.stat(name) == version, within=10)
        return time.monotonic() - began

    def replace(self, file: str, text: str) -> None:
        """Replace a route file by one with ``text``."""
        renamed(self.folder / "routes" / file, text)

    @property
    def log(self) -> list[dict[str, Any]]:
        """The whole lines of the access log."""
        text = (self.folder / "stdout").read_text()
        return [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]


@contextmanager
def gateway(  # noqa: PLR0913 all but the first two are keyword-only
    folder: Path,
    ports: Ports,
    *,
    weights: Mapping[str, int] | None = None,
    args: GatewayArgs | None = None,
    peers: tuple[ServiceSpec, ...] | None = None,
    secrets: Mapping[str, str] = MappingProxyType({}),
    context: Context | None = None,
) -> Iterator[RunningGateway]:
    """An Envoy before the servers on ``ports`` (instance name to one or more ports of loopback).

    For instances that are not there it asks a name server that never answers.
    """
    peers = peers or ollama(canary="ollama-canary" in ports)
    weighted = {peers[0].name: weights} if weights else {}
    context = replace(context or Context(), peers=peers, weights=weighted)
    spec = Gateway.describe(args or GatewayArgs(), context)
    with silence() as names:
        write(folder, spec, ports, names)
        write_secrets(folder, spec, secrets)
        command = [argument.replace("/etc/envoy", str(folder)) for argument in spec.command[1:]]
        with envoy(folder, command) as (process, admin):
            text = httpx.get(f"{admin}/listeners?format=json").text
            yield RunningGateway(
                folder=folder,
                spec=spec,
                peers=peers,
                ports={
                    status["name"]: status["local_address"]["socket_address"]["port_value"]
                    for status in json.loads(text)["listener_statuses"]
                },
                admin=admin,
                process=process,
            )


@contextmanager
def silence() -> Iterator[int]:
    """A name server that never answers; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        yield listening.getsockname()[1]


@contextmanager
def envoy(folder: Path, arguments: Sequence[str]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A ready Envoy and the URL of its admin interface; what it says goes to ``folder``."""
    address = folder / "admin-address"
    command = [str(ENVOY), *arguments, "--admin-address-path", str(address)]
    command += ["--disable-hot-restart", "--concurrency", "1"]
    with (folder / "stdout").open("wb") as out, (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=out, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (address.exists() and answers(f"http://{address.read_text()}/ready")):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, "Envoy is not ready"
            time.sleep(0.05)
        yield process, f"http://{address.read_text()}"
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def answers(url: str) -> bool:
    """Whether somebody answers there with success."""
    try:
        return httpx.get(url).is_success
    except httpx.HTTPError:
        return False
