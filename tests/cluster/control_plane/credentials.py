"""Who is who: bearer tokens, and an authority with certificates, for one run and never shown."""

from __future__ import annotations

import json
import secrets
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ADMIN = "admin"
NODE = "node"
"""The name of the one node that may have a kubelet of its own."""
# User to groups. The names of Kubernetes' own are bound to roles by default.
USERS = {
    ADMIN: "system:masters",
    "kwok": "system:masters",
    "system:kube-controller-manager": "",
    "system:kube-scheduler": "",
    "system:kube-proxy": "",
    f"system:node:{NODE}": "system:nodes",
}


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Files that only their owner can read.

    ``key`` signs the tokens of service accounts. ``authority`` is the certificate of the cluster's
    own authority, and ``servers`` and ``caller`` are by it: what the API server and a kubelet show
    to others, and what the API server shows to kubelets, each with its key.
    """

    folder: Path
    key: Path
    authority: Path
    servers: Path
    caller: Path
    tokens: Mapping[str, str]

    @property
    def token_file(self) -> Path:
        """What the API server reads: token, user, id, groups."""
        return self.folder / "tokens.csv"

    def kubeconfig(self, user: str, url: str, authority: Path) -> Path:
        """Write and return the file with which ``user`` asks the server at ``url``."""
        name = user.rpartition(":")[2]
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [
                {
                    "name": "test",
                    "cluster": {"server": url, "certificate-authority": str(authority)},
                }
            ],
            "users": [{"name": name, "user": {"token": self.tokens[user]}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": name}}],
        }
        path = self.folder / f"{name}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(json.dumps(content))
        return path


def create(folder: Path, *hosts: str) -> Credentials:
    """Make fresh ones in ``folder``, which becomes private, for servers at the names ``hosts``."""
    folder.mkdir(mode=0o700)
    key = folder / "service-accounts.key"
    subprocess.run(
        ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(key)],
        check=True,
        capture_output=True,
    )
    authority = trustme.CA()
    name = "kube-apiserver"
    caller = authority.issue_cert(name, common_name=name, organization_name=USERS[ADMIN])
    servers = authority.issue_cert(*hosts)
    made = Credentials(
        folder=folder,
        key=key,
        authority=_private(folder / "authority.pem", authority.cert_pem),
        servers=_private(folder / "servers.pem", servers.private_key_and_cert_chain_pem),
        caller=_private(folder / "caller.pem", caller.private_key_and_cert_chain_pem),
        tokens={user: secrets.token_hex(24) for user in USERS},
    )
    lines = [f'{made.tokens[user]},{user},{user},"{groups}"' for user, groups in USERS.items()]
    made.token_file.touch(mode=0o600)
    made.token_file.write_text("\n".join(lines) + "\n")
    return made


def _private(path: Path, content: trustme.Blob) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(content.bytes())
    return path
