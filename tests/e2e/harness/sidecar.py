"""The sidecar that speaks TLS for a server, as a real Envoy on loopback, and its certificates.

Only addresses, ports and folders differ from what a pod gets.
"""

from __future__ import annotations

import json
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import yaml
from cryptography.x509 import load_pem_x509_certificate

from components.context import Context
from components.internal_tls.args import InternalTlsArgs, IssuerArgs

from .envoy_files import FLUSH_SECONDS, free_port, local, loopback, renamed
from .gateway import envoy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import trustme

    from components.spec import ServiceSpec

TLS = Context(kubernetes=True, internal_tls=InternalTlsArgs(issuer=IssuerArgs(name="ours")))
"""Surroundings in which services speak TLS with each other."""


def issue(folder: Path, authority: trustme.CA, *names: str, days: int = 40) -> str:
    """Put a new certificate into ``folder`` as cert-manager does; its serial number.

    Whoever watches the folder sees two renames, between which certificate and key do not match.
    """
    ends = datetime.now(UTC) + timedelta(days=days, hours=1)
    made = authority.issue_cert(*names, not_after=ends)
    folder.mkdir(exist_ok=True)
    chain = "".join(pem.bytes().decode() for pem in made.cert_chain_pems)
    renamed(folder / "ca.crt", authority.cert_pem.bytes().decode())
    renamed(folder / "tls.crt", chain)
    renamed(folder / "tls.key", made.private_key_pem.bytes().decode())
    return f"{load_pem_x509_certificate(chain.encode()).serial_number:x}"


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """A client that believes one authority and nobody else."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@dataclass(frozen=True, kw_only=True)
class RunningSidecar:
    """A ready sidecar: its ports by name, and the folder with its certificate."""

    certificates: Path
    ports: Mapping[str, int]

    @property
    def metrics(self) -> str:
        """What Prometheus reads."""
        return httpx.get(f"http://127.0.0.1:{self.ports['stats']}/stats/prometheus").text


def on_loopback(config: dict[str, Any], inside: Mapping[str, int]) -> dict[str, Any]:
    """``config`` with free ports of loopback, and clusters that lead to ``inside``."""
    own = {**inside, "admin": free_port()}
    config["admin"]["address"] = loopback(own["admin"])
    config["stats_flush_interval"] = f"{FLUSH_SECONDS}s"
    for listener in config["static_resources"]["listeners"]:
        listener["address"] = loopback(0)
    for cluster in config["static_resources"]["clusters"]:
        (endpoints,) = cluster["load_assignment"]["endpoints"]
        address = loopback(own[cluster["name"]])
        endpoints["lb_endpoints"] = [{"endpoint": {"address": address}}]
    return config


@contextmanager
def sidecar(
    folder: Path, spec: ServiceSpec, inside: Mapping[str, int], authority: trustme.CA
) -> Iterator[RunningSidecar]:
    """The sidecar of ``spec`` before the server whose ports are ``inside``, by name."""
    assert spec.sidecar is not None
    folder.mkdir(exist_ok=True)
    certificates = folder / "internal-tls"
    issue(certificates, authority, spec.name, spec.instance)
    for file in spec.sidecar.files:
        (folder / file.path.rpartition("/")[2]).write_text(local(file.content, folder))
    path = folder / "envoy.yaml"
    path.write_text(yaml.safe_dump(on_loopback(yaml.safe_load(path.read_text()), inside)))
    command = ["-c", str(path), "--log-level", "warning"]
    with envoy(folder, command) as (_, admin):
        found = json.loads(httpx.get(f"{admin}/listeners?format=json").text)["listener_statuses"]
        ports = {
            each["name"]: each["local_address"]["socket_address"]["port_value"] for each in found
        }
        yield RunningSidecar(certificates=certificates, ports=ports)
