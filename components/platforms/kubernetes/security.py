"""Security contexts that meet the restricted Pod Security level."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...spec import ServiceSpec
    from .manifest import Body


def pod_security(spec: ServiceSpec) -> Body:
    """Who the pod runs as. Volumes belong to the group, changed only when they do not yet."""
    return {
        "runAsNonRoot": spec.user != 0,
        "runAsUser": spec.user,
        "runAsGroup": spec.group,
        "fsGroup": spec.group,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security(spec: ServiceSpec) -> Body:
    """What the container may do beyond that: nothing, unless the spec gives a reason."""
    added = {"add": list(spec.capabilities)} if spec.capabilities else {}
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"], **added},
        "readOnlyRootFilesystem": spec.read_only_root,
    }
