"""Starts the control plane, waits until it answers, and ends it."""

from __future__ import annotations

import ssl
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from . import commands, credentials
from .processes import Server, free_ports, kill, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from .binaries import Binaries
    from .commands import Command

    Wrapper = Callable[[httpx.BaseTransport], httpx.BaseTransport]

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.05


class ControlPlaneError(Exception):
    """Which server did not come up, and its last words."""


@dataclass(frozen=True, kw_only=True)
class ControlPlane:
    """A running control plane without nodes. ``kubeconfigs`` is a file for each user.

    ``servers`` holds the certificate and the key of a kubelet at the address of the API server.
    """

    url: str
    kubeconfigs: Mapping[str, Path]
    authority: Path
    servers: Path
    token: str
    started_in: float
    """Seconds from the first process to the first service account."""
    pids: tuple[int, ...]

    def client(self, wrapped: Wrapper = lambda transport: transport) -> httpx.Client:
        """HTTP to the API server, as an administrator; ``wrapped`` may change how it gets there."""
        return _client(self.url, self.authority, self.token, wrapped)


@contextmanager
def control_plane(
    binaries: Binaries, folder: Path, host: str = "127.0.0.1"
) -> Iterator[ControlPlane]:
    """All five servers, with their data and logs in ``folder``; ControlPlaneError if one fails.

    The API server listens on the address ``host``.
    """
    began = time.monotonic()
    etcd, peer, port = free_ports(3)
    own = credentials.create(folder / "credentials", host, commands.ITSELF)
    servers: list[Server] = []

    def run(name: str, command: Command) -> None:
        servers.append(start(name, command, folder))

    with ExitStack() as cleanup:
        cleanup.callback(lambda: kill(servers))
        run("etcd", commands.etcd(binaries, folder / "etcd", etcd, peer))
        run("kube-apiserver", commands.apiserver(binaries, own, (host, port), etcd))
        url, authority = f"https://{host}:{port}", own.authority
        config = {user: own.kubeconfig(user, url, authority) for user in credentials.USERS}
        with _client(url, authority, own.tokens[credentials.ADMIN]) as client:
            _wait(_found(client, "/readyz"), "the API server", servers)
            manager = config["system:kube-controller-manager"]
            run("kube-controller-manager", commands.controller_manager(binaries, manager, own))
            run(
                "kube-scheduler",
                commands.scheduler(binaries, config["system:kube-scheduler"]),
            )
            run("kwok", commands.kwok(binaries, config["kwok"]))
            account = "/api/v1/namespaces/default/serviceaccounts/default"
            _wait(_found(client, account), "a service account", servers)
        yield ControlPlane(
            url=url,
            kubeconfigs=config,
            authority=authority,
            servers=own.servers,
            token=own.tokens[credentials.ADMIN],
            started_in=time.monotonic() - began,
            pids=tuple(server.process.pid for server in servers),
        )


def _client(
    url: str, authority: Path, token: str, wrapped: Wrapper = lambda transport: transport
) -> httpx.Client:
    context = ssl.create_default_context(cafile=str(authority))
    return httpx.Client(
        base_url=url,
        transport=wrapped(httpx.HTTPTransport(verify=context)),
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
        trust_env=False,
    )


def _found(client: httpx.Client, path: str) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            return client.get(path).is_success
        except httpx.TransportError:
            return False

    return ask


def _wait(until: Callable[[], bool], what: str, servers: list[Server]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not until():
        for server in servers:
            if server.ended:
                raise ControlPlaneError(server.ended)
        if time.monotonic() > deadline:
            raise ControlPlaneError(
                f"{what} did not come within {PATIENCE_SECONDS:.0f} s; {servers[-1].name} says:\n"
                f"{servers[-1].last_words()}"
            )
        time.sleep(PAUSE_SECONDS)
