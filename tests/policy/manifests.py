"""Kubernetes objects as files hold them, and what checks files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from policies.framework.kubernetes import TEMPLATES

Write = Callable[..., Path]
"""Writes YAML documents to a file of a given name."""
Check = Callable[..., tuple[int, str, str]]
"""Runs ``rf policy check``: exit status, stdout, stderr."""
GOOD = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "a",
            "image": "ghcr.io/test/a:1",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
}
BAD = GOOD | {"hostNetwork": True}
CARELESS = {"containers": [{"name": "a", "image": "ghcr.io/test/a:1"}]}


def pod(spec: dict[str, Any], name: str = "it") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def workload(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    """An object of a kind such as ``apps/Deployment`` with ``spec`` in its pods."""
    group, _, name = kind.rpartition("/")
    version = "v1" if group == "core" else f"{group}/v1"
    inner: dict[str, Any] = {"spec": spec}
    for key in reversed(TEMPLATES[kind]):
        inner = {key: inner}
    return {"apiVersion": version, "kind": name, "metadata": {"name": "it"}, **inner}
