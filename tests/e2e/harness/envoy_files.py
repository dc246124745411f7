"""The gateway's files, for an Envoy on loopback: with other addresses and faster statistics."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from components.files import fill
from components.gateway.authentication import NAME as KEYS
from components.internal_tls.names import DIRECTORY

if TYPE_CHECKING:
    from components.spec import ServiceSpec

FLUSH_SECONDS = 0.1
"""How often histograms are brought up to date here; the gateway does it once a second."""
Ports = Mapping[str, int | tuple[int, ...]]


def loopback(port: int, **more: str) -> dict[str, Any]:
    """An address as Envoy spells it."""
    return {"socket_address": {"address": "127.0.0.1", "port_value": port, **more}}


def write(folder: Path, spec: ServiceSpec, ports: Ports, names: int) -> None:
    """Put the gateway's files below ``folder``."""
    for file in spec.files:
        target = folder / Path(file.path).relative_to("/etc/envoy")
        target.parent.mkdir(exist_ok=True)
        target.write_text(local(file.content, folder))
    path = folder / "envoy.yaml"
    config = yaml.safe_load(path.read_text())
    # Two tests at once need an admin interface and a list of keys each, and its clusters have to
    # find them.
    own = {"admin": free_port(), KEYS: free_port()}
    config["admin"]["address"] = loopback(own["admin"])
    config["stats_flush_interval"] = f"{FLUSH_SECONDS}s"
    for listener in config["static_resources"]["listeners"]:
        listener["address"] = loopback(own.get(listener["name"], 0))
    for cluster in config["static_resources"]["clusters"]:
        for endpoints in cluster["load_assignment"]["endpoints"]:
            (entry,) = endpoints["lb_endpoints"]
            wanted = entry["endpoint"]["address"]["socket_address"]["address"]
            found = ports.get(wanted, own.get(cluster["name"], ()))
            if found:
                endpoints["lb_endpoints"] = [
                    {"endpoint": {"address": loopback(port)}}
                    for port in (found if isinstance(found, tuple) else (found,))
                ]
        if "typed_dns_resolver_config" in cluster:
            resolver = cluster["typed_dns_resolver_config"]["typed_config"]
            resolver["resolvers"] = [loopback(names, protocol="UDP")]
    path.write_text(yaml.safe_dump(config))


def local(text: str, folder: Path) -> str:
    """``text`` with ``folder`` for the folders of a container."""
    certificates = folder / "internal-tls"
    return text.replace("/etc/envoy", str(folder)).replace(DIRECTORY, str(certificates))


def write_secrets(folder: Path, spec: ServiceSpec, secrets: Mapping[str, str]) -> None:
    """Put the gateway's files of secrets below ``folder``, each by a rename, one after another."""
    for file in spec.secret_files:
        target = folder / Path(file.path).relative_to("/etc/envoy")
        target.parent.mkdir(exist_ok=True)
        renamed(target, fill(file.template, secrets))


def renamed(target: Path, text: str) -> None:
    """Write a file beside ``target`` and rename it, as every platform does."""
    beside = target.with_name(f".{target.name}.new")
    beside.write_text(text)
    beside.rename(target)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
