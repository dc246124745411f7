"""Operators of other projects, as processes beside the control plane, where they are on PATH."""

from __future__ import annotations

import shutil
import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.cluster.control_plane.credentials import ADMIN
from tests.cluster.control_plane.processes import kill, start
from tests.cluster.waiting import until_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.cluster.control_plane.plane import ControlPlane

HERE = "127.0.0.1"


def found(*names: str) -> dict[str, str]:
    """Where the programs ``names`` are; skips where one is not."""
    paths = {name: shutil.which(name) or "" for name in names}
    missing = [name for name, path in paths.items() if not path]
    if missing:
        pytest.skip(f"no {' and no '.join(missing)} on PATH, built from its own project")
    return paths


@contextmanager
def running(
    plane: ControlPlane, folder: Path, commands: Mapping[str, tuple[str, ...]], **environment: str
) -> Iterator[None]:
    """``commands`` by name, each with every right to ``plane``; their logs are in ``folder``."""
    known = {"KUBECONFIG": str(plane.kubeconfigs[ADMIN]), **environment}
    told = [f"{name}={value}" for name, value in known.items()]
    with ExitStack() as stack:
        for name, command in commands.items():
            server = start(name, ("env", *told, *command), folder)
            stack.callback(kill, [server])
        yield


def certificates(folder: Path, *names: str) -> trustme.CA:
    """Put a certificate for ``names`` into ``folder``, as kubelet mounts one; who signed it."""
    authority = trustme.CA()
    made = authority.issue_cert(*names)
    folder.mkdir()
    authority.cert_pem.write_to_path(str(folder / "ca.crt"))
    made.cert_chain_pems[0].write_to_path(str(folder / "tls.crt"))
    made.private_key_pem.write_to_path(str(folder / "tls.key"))
    return authority


def until_listening(port: int) -> None:
    """Wait until somebody takes connections on ``port``."""

    def problems() -> list[str]:
        with socket.socket() as probe:
            return [f"nobody listens on {port}"] if probe.connect_ex((HERE, port)) else []

    until_nothing(problems)
