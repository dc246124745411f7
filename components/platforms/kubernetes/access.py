"""Who a service is to the Kubernetes API: nobody, unless its spec lists what it may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .manifest import Manifest
from .naming import metadata

if TYPE_CHECKING:
    from ...spec import ServiceSpec
    from .cluster import Cluster

RBAC_GROUP = "rbac.authorization.k8s.io"


def access(spec: ServiceSpec, cluster: Cluster) -> tuple[Manifest, ...]:
    """A ServiceAccount, and a Role with exactly the listed rules where there are any."""
    account = Manifest(
        suffix="service-account",
        body={
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata(spec, cluster, spec.instance),
            "automountServiceAccountToken": bool(spec.api_access),
        },
    )
    if not spec.api_access:
        return (account,)
    return account, _role(spec, cluster), _binding(spec, cluster)


def _role(spec: ServiceSpec, cluster: Cluster) -> Manifest:
    rules = [
        {
            "apiGroups": [rule.group],
            "resources": list(rule.resources),
            "verbs": list(rule.verbs),
        }
        for rule in spec.api_access
    ]
    return Manifest(
        suffix="role",
        body={
            "apiVersion": f"{RBAC_GROUP}/v1",
            "kind": "Role",
            "metadata": metadata(spec, cluster, spec.instance),
            "rules": rules,
        },
    )


def _binding(spec: ServiceSpec, cluster: Cluster) -> Manifest:
    subject = {
        "kind": "ServiceAccount",
        "name": spec.instance,
        "namespace": cluster.namespace_of(spec),
    }
    return Manifest(
        suffix="role-binding",
        body={
            "apiVersion": f"{RBAC_GROUP}/v1",
            "kind": "RoleBinding",
            "metadata": metadata(spec, cluster, spec.instance),
            "roleRef": {"apiGroup": RBAC_GROUP, "kind": "Role", "name": spec.instance},
            "subjects": [subject],
        },
    )
