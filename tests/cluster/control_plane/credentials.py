"""Who may ask the API server: bearer tokens, made for one run and never shown."""

from __future__ import annotations

import json
import secrets
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """Files that only their owner can read. ``key`` signs the tokens of service accounts."""

    folder: Path
    key: Path
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


def create(folder: Path) -> Credentials:
    """Make fresh ones in ``folder``, which becomes private."""
    folder.mkdir(mode=0o700)
    key = folder / "service-accounts.key"
    subprocess.run(
        ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(key)],
        check=True,
        capture_output=True,
    )
    made = Credentials(
        folder=folder, key=key, tokens={user: secrets.token_hex(24) for user in USERS}
    )
    lines = [f'{made.tokens[user]},{user},{user},"{groups}"' for user, groups in USERS.items()]
    made.token_file.touch(mode=0o600)
    made.token_file.write_text("\n".join(lines) + "\n")
    return made
